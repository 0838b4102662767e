import type { Defined } from '@onnxplain/core';

/** Adds the help of each option to the text of a declaration file. A text that already has it does not change. */
export function withHelp(text: string, definitions: Readonly<Record<string, Defined>>): string {
  let factory: Defined | undefined;
  return text
    .split('\n')
    .flatMap((line, i, lines) => {
      const name = /^export declare const (?<name>\w+):/.exec(line)?.groups?.name;
      if (name !== undefined) factory = definitions[name];
      const option = /^ {4}readonly (?<option>\w+)\??: /.exec(line)?.groups?.option;
      if (factory === undefined || option === undefined || /\*\/$/.test(lines[i - 1])) return [line];
      return [`    /** ${helpFor(factory, option)} */`, line];
    })
    .join('\n');
}

/** Returns the help of an option, with its default if that is a value. */
function helpFor({ definition: { help, options } }: Defined, option: string): string {
  const absent = options.shape[option].safeParse(undefined);
  const fallback =
    absent.success && absent.data !== undefined ? ` Default: ${JSON.stringify(absent.data)}.` : '';
  return `${help[option]}${fallback}`.replaceAll('*/', '* /');
}
