import { basename } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';

type OptionRow = NonNullable<ParseArgsConfig['options']>[string] & {
  /** What stands for a value in the usage; default: the default value. */
  readonly form?: string;
};
type OptionRows = Readonly<Record<string, OptionRow>>;

interface BenchArguments<Options extends OptionRows, Required extends keyof Options> {
  readonly options?: Options;
  /** Options that have to be given. */
  readonly required?: readonly Required[];
  /** What stands for the other arguments in the usage, in brackets where there need be none; default: there are none. */
  readonly others?: string;
}

type Parsed<Options extends OptionRows> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true }>
>;

/**
 * Reads the arguments of a bench. Where one is missing or unknown it prints the usage on stderr and ends the process with exit code 2; for
 * --help it prints the usage on stdout and ends it with 0.
 */
export function benchArguments<
  const Options extends OptionRows = Readonly<Record<never, never>>,
  Required extends keyof Options & string = never,
>({ options, required = [], others = '' }: BenchArguments<Options, Required>) {
  const rows = { ...options } as Options;
  const usage = usageOf(rows, required, others);
  const end = (code: number, text: string): never => {
    (code === 0 ? console.log : console.error)(text);
    process.exit(code);
  };
  const parsed = parse(rows, (reason) => end(2, `${reason}\n${usage}`));
  const { values, positionals } = parsed;
  if ('help' in values) end(0, usage);
  const needed = others === '' || others.startsWith('[') ? 0 : 1;
  const misses = positionals.length < needed || required.some((name) => !(name in values));
  if (misses || (others === '' && positionals.length > 0)) end(2, usage);
  return parsed as Parsed<Options> & { readonly values: Readonly<Record<Required, string>> };
}

/** Ends a bench that was given a value which it cannot use, with exit code 2. */
export function refuseArgument(reason: string): never {
  console.error(reason);
  process.exit(2);
}

function parse(rows: OptionRows, refuse: (reason: string) => never) {
  try {
    return parseArgs({ options: { ...rows, help: { type: 'boolean' } }, allowPositionals: true });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function usageOf(rows: OptionRows, required: readonly string[], others: string): string {
  const shown = Object.entries(rows).map(([name, row]) => {
    const taken = row.type === 'boolean' ? '' : ` ${row.form ?? row.default ?? 'VALUE'}`;
    const text = `--${name}${taken}${row.multiple === true ? '...' : ''}`;
    return required.includes(name) ? text : `[${text}]`;
  });
  const words = [`bench/${basename(process.argv[1])}`, others, ...shown].filter((word) => word !== '');
  return `usage: tsx ${words.join(' ')}`;
}
