import { OnnxplainError } from '@onnxplain/core';
import { type Command, CommanderError } from 'commander';

/** Returns the error for a second value of a flag that takes one, which names commands that take several; undefined for any other error. */
export function excessValue(
  error: unknown,
  { program, argv }: { program: Command; argv: readonly string[] },
): OnnxplainError | undefined {
  if (!(error instanceof CommanderError) || error.code !== 'commander.excessArguments') return undefined;
  const [name, ...words] = argv;
  const single = optionsOf(program.commands.find((command) => command.name() === name)).filter(
    (option) => option.required && !option.variadic,
  );
  // The model may stand after a value.
  const isValue = (word: string | undefined) =>
    word !== undefined && !word.startsWith('-') && !word.endsWith('.onnx');
  const at = words.findIndex(
    (word, i) => single.some(({ long }) => long === word) && isValue(words[i + 1]) && isValue(words[i + 2]),
  );
  if (at < 0) return undefined;
  const [flag, first, second] = words.slice(at);
  const takers = program.commands.filter((command) =>
    optionsOf(command).some(({ long, variadic }) => long === flag && variadic),
  );
  const others = takers.map((command) => command.name()).join(' and ');
  return new OnnxplainError({
    code: 'usage',
    where: flag,
    expected: `one value after ${name}`,
    got: `"${first}" and "${second}"`,
    remedy:
      takers.length === 0 ? 'Give one value.' : `Give one value, or use ${others}, which takes several.`,
  });
}

const optionsOf = (command: Command | undefined) => command?.options ?? [];
