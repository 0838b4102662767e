import { fail } from '@onnxplain/core';
import { describe } from '../ir/scope.js';
import type { Constant, Node } from '../ir/types.js';
import { nodesWithin } from '../ir/walk.js';
import type { GraphProto } from './proto.js';

/** Integers of 4 bits by their number in onnx.proto, and the type that holds them in a graph. */
const NARROW: ReadonlyMap<number, 'int8' | 'uint8'> = new Map([
  [21, 'uint8'],
  [22, 'int8'],
]);

/** The type of 8 bits that holds the integers of an element type of 4 bits; undefined for other element types. */
export const heldAs = (elementType: number): 'int8' | 'uint8' | undefined => NARROW.get(elementType);

/** Unpacks integers of 4 bits, two a byte, the first in the lower half. */
export function unpackNarrow(
  packed: Uint8Array,
  {
    dtype,
    dims,
    size,
  }: { readonly dtype: 'int8' | 'uint8'; readonly dims: readonly number[]; readonly size: number },
): Constant {
  const data = dtype === 'int8' ? new Int8Array(size) : new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    const bits = (packed[i >> 1] >> (4 * (i % 2))) & 15;
    data[i] = dtype === 'int8' && bits > 7 ? bits - 16 : bits;
  }
  return { dtype, dims, data };
}

/** Operators that compute the same of an integer in 4 and in 8 bits. */
const READERS: readonly string[] = ['DequantizeLinear', 'Cast'];

/**
 * Checks that constants of 4 bits, which a graph holds in 8, are only read by operators to which this makes no difference. Throws
 * `model-unsupported` with the name of the node.
 */
export function expectNarrowReaders(proto: GraphProto, nodes: readonly Node[]): void {
  const names = narrowNames(proto);
  if (names.size === 0) return;
  for (const node of nodesWithin(nodes)) {
    const input = node.inputs.find((name) => names.has(name));
    if (input === undefined || READERS.includes(node.op)) continue;
    fail({
      code: 'model-unsupported',
      where: describe(node),
      expected: `integers of 4 bits in ${READERS.join(' and ')} only`,
      got: `the constant "${input}"`,
      remedy: 'Export the model with quantisation to 8 bits, or without.',
    });
  }
}

function narrowNames(proto: GraphProto): ReadonlySet<string> {
  const isNarrow = (elementType: number | undefined) =>
    elementType !== undefined && heldAs(elementType) !== undefined;
  return new Set([
    ...proto.initializer.filter(({ dataType }) => isNarrow(dataType)).map(({ name }) => name),
    ...proto.node
      .filter(({ opType, attribute }) => opType === 'Constant' && isNarrow(attribute[0]?.t?.dataType))
      .flatMap(({ output }) => output),
  ]);
}
