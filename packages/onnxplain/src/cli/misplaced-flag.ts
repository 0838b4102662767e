import { OnnxplainError } from '@onnxplain/core';
import { type Command, CommanderError } from 'commander';

/** Returns the error for a flag that only other commands take, which names them; undefined for any other error. */
export function misplacedFlag(
  error: unknown,
  { program, argv }: { program: Command; argv: readonly string[] },
): OnnxplainError | undefined {
  if (!(error instanceof CommanderError) || error.code !== 'commander.unknownOption') return undefined;
  const [, flag = ''] = /'(-[^'=]+)/.exec(error.message) ?? [];
  const takers = program.commands.filter(({ options }) =>
    options.some(({ short, long }) => flag === short || flag === long),
  );
  if (takers.length === 0) return undefined;
  const commands = program.commands.map((command) => command.name());
  const [first = ''] = argv;
  return new OnnxplainError({
    code: 'usage',
    where: flag,
    expected: `it after a command that takes it (${takers.map((command) => command.name()).join(', ')})`,
    got: commands.includes(first) ? `it after ${first}` : 'it before any command',
  });
}
