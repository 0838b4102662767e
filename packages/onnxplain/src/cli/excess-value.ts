import { type Diagnosis, fail, OnnxplainError } from '@onnxplain/core';
import { type Command, CommanderError, type Option } from 'commander';

/** Collects the values of a flag that takes one value each time and may be given several times. */
export const collected = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/**
 * Makes every command of a program throw `usage` for a flag that takes one value and is given several times, in any spelling. Flags
 * without a value may repeat. The check follows the parsing of all flags, so that a misspelt flag is reported as unknown, and help is
 * shown.
 */
export function refuseRepeatedFlags(program: Command): void {
  const given = new Map<Option, string[]>();
  for (const command of program.commands) {
    for (const option of command.options.filter(takesOneValue)) {
      command.on(`option:${option.name()}`, (value: string) =>
        given.set(option, [...(given.get(option) ?? []), value]),
      );
    }
  }
  program.hook('preAction', (_, command) => {
    for (const [option, values] of given)
      if (values.length > 1) fail(severalValues({ program, command, option, values }));
  });
}

const takesOneValue = ({ required, variadic, parseArg }: Option): boolean =>
  required && !variadic && parseArg !== collected;

/** Returns the error for a second value behind a flag that takes one; undefined for any other error. */
export function excessValue(
  error: unknown,
  { program, argv }: { program: Command; argv: readonly string[] },
): OnnxplainError | undefined {
  if (!(error instanceof CommanderError) || error.code !== 'commander.excessArguments') return undefined;
  const [name, ...words] = argv;
  const command = program.commands.find((each) => each.name() === name);
  // The model may stand after a value.
  const isValue = (word: string | undefined) =>
    word !== undefined && !word.startsWith('-') && !word.endsWith('.onnx');
  for (const [i, word] of words.entries()) {
    const option = command?.options.find(({ long, short }) => word === long || word === short);
    const values = words.slice(i + 1, i + 3);
    if (command !== undefined && option !== undefined && takesOneValue(option) && values.every(isValue))
      return new OnnxplainError(severalValues({ program, command, option, values }));
  }
  return undefined;
}

interface Several {
  readonly program: Command;
  readonly command: Command;
  readonly option: Option;
  readonly values: readonly string[];
}

/** Says that a flag takes one value. Commands that have the same flags and take several values are named. */
function severalValues({ program, command, option, values }: Several): Diagnosis {
  const takers = program.commands.filter(
    ({ options }) =>
      options.some(({ long, variadic }) => variadic && long === option.long) &&
      command.options.every(({ long }) => options.some((other) => other.long === long)),
  );
  const others = takers.map((taker) => taker.name()).join(' and ');
  return {
    code: 'usage',
    where: [option.short, option.long].filter(Boolean).join(', '),
    expected: `one value after ${command.name()}`,
    got: values.map((value) => `"${value}"`).join(' and '),
    remedy:
      takers.length === 0 ? 'Give one value.' : `Give one value, or use ${others}, which takes several.`,
  };
}
