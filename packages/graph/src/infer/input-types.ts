import { fail } from '@onnxplain/core';
import { INPUT_TYPES } from '../ir/schema/input-types.js';
import { describe } from '../ir/scope.js';
import type { DataType, Node } from '../ir/types.js';

/** The letters of {@link INPUT_TYPES}. */
const LETTERS: Readonly<Record<DataType, string>> = {
  float16: 'h',
  bfloat16: 'B',
  float32: 'f',
  float64: 'd',
  int8: 'a',
  int16: 'c',
  int32: 'i',
  int64: 'l',
  uint8: 'A',
  uint16: 'C',
  uint32: 'I',
  uint64: 'L',
  bool: 'b',
  string: 's',
};

/** What an input may be: letters of types, '*' for all, and the name that inputs of equal types share. */
interface InputForm {
  readonly letters: string;
  readonly name: string | undefined;
  readonly many: boolean;
}

const forms = new Map<string, readonly InputForm[] | undefined>();

function formsOf(op: string): readonly InputForm[] | undefined {
  if (!forms.has(op)) forms.set(op, INPUT_TYPES.get(op)?.split(' ').map(parse));
  return forms.get(op);
}

function parse(word: string): InputForm {
  const [letters, name] = word.replace('+', '').split('=');
  return { letters, name, many: word.endsWith('+') };
}

/**
 * Checks the element types of a standard operator's inputs by the standard, as ONNX Runtime does when it opens a model. Throws
 * `type-mismatch` with the name of the node.
 */
export function expectInputTypes(node: Node, dtypeOf: (name: string) => DataType | undefined): void {
  const expected = formsOf(node.op);
  if (expected === undefined) return;
  const shared = new Map<string, DataType>();
  for (const [i, input] of node.inputs.entries()) {
    const last = expected[expected.length - 1];
    const form = expected[i] ?? (last.many ? last : undefined);
    const dtype = input === '' ? undefined : dtypeOf(input);
    if (form === undefined || dtype === undefined) continue;
    if (form.letters !== '*' && !form.letters.includes(LETTERS[dtype]))
      refuse(node, input, { expected: namesOf(form.letters), got: dtype });
    if (form.name === undefined) continue;
    const other = shared.get(form.name) ?? dtype;
    if (other !== dtype) refuse(node, input, { expected: `${other}, as another input has`, got: dtype });
    shared.set(form.name, dtype);
  }
}

const namesOf = (letters: string): string =>
  Object.entries(LETTERS)
    .filter(([, letter]) => letters.includes(letter))
    .map(([name]) => name)
    .join(', ');

function refuse(node: Node, input: string, types: { expected: string; got: string }): never {
  return fail({ code: 'type-mismatch', where: `${describe(node)}, input "${input}"`, ...types });
}
