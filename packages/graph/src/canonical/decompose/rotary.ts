import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { positionsAlong } from '../../builder/math/positions.js';
import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Node } from '../../ir/types.js';
import type { OpRewrite } from '../../rewrite/op-rewrite.js';

interface Rotation {
  /** [batch, heads, length, size] or [batch, length, heads, size]. */
  readonly x: string;
  /** Axis of the heads. */
  readonly heads: 1 | 2;
  /** Cosines for each position, [batch, length, half of the rotated elements] or without batch; `sin` likewise. */
  readonly cos: string;
  readonly sin: string;
  /** Number of elements of a head that are rotated; 0 for all. */
  readonly width: number;
  /** Whether a pair is elements 2i and 2i + 1, rather than i and i + half. */
  readonly interleaved: boolean;
}

/** RotaryEmbedding of opset 23. With positions, cosines and sines are tables; without, they are given for each element. */
export const rotaryEmbedding: OpRewrite = (node, b) => {
  const [x = '', cos = '', sin = '', positions = ''] = node.inputs;
  const lookUp = (table: string) => (positions === '' ? table : b.emit('Gather', [table, positions]));
  return rotateHeads(node, b, {
    heads: rotaryAttributes(node).num_heads,
    x,
    cos: lookUp(cos),
    sin: lookUp(sin),
  });
};

/** RotaryEmbedding of com.microsoft: cosines and sines are tables; a single position is that of the first element of every row. */
export const microsoftRotaryEmbedding: OpRewrite = (node, b) => {
  const [x = '', positions = '', cos = '', sin = ''] = node.inputs;
  const half = b.typeOf(cos)?.dims?.[1];
  const size = b.typeOf(x)?.dims?.at(-1);
  const isOffset = b.typeOf(positions)?.dims?.length === 1;
  const given = rotaryAttributes(node).num_heads;
  const heads =
    given !== 0 || typeof half !== 'number' || typeof size !== 'number' ? given : size / (2 * half);
  const indices = isOffset
    ? b.emit('Add', [positionsAlong(mathBuilder(b), x, lengthAxis(b, x)), positions])
    : positions;
  const lookUp = (table: string) => b.emit('Gather', [table, indices]);
  return rotateHeads(node, b, { heads, x, cos: lookUp(cos), sin: lookUp(sin) });
};

const rotaryAttributes = (node: Node) =>
  attributesOf(node, 'RotaryEmbedding', 'com.microsoft:RotaryEmbedding');

const lengthAxis = (b: GraphBuilder, x: string): number => (b.rank(x) === 3 ? 1 : 2);

interface RotaryInputs {
  /** Number of heads; 0 where the input has an axis of heads. */
  readonly heads: number;
  readonly x: string;
  readonly cos: string;
  readonly sin: string;
}

function rotateHeads(
  node: Node,
  graph: GraphBuilder,
  { heads, x, cos, sin }: RotaryInputs,
): readonly string[] | undefined {
  const rank = graph.typeOf(x)?.dims?.length;
  if (rank === undefined || (rank === 3 && heads === 0)) return undefined;
  const b = mathBuilder(graph);
  const a = rotaryAttributes(node);
  const [width, interleaved] = [a.rotary_embedding_dim, a.interleaved !== 0];
  if (rank === 4) return [rotate(b, { x, heads: 1, cos, sin, width, interleaved })];
  const split = b.emit('Reshape', [x, b.ints([0, 0, heads, -1])]);
  const rotated = rotate(b, { x: split, heads: 2, cos, sin, width, interleaved });
  return [b.emit('Reshape', [rotated, b.ints([0, 0, -1])])];
}

/** Maps every pair (u, v) to (u cos - v sin, u sin + v cos); the remaining elements of each head stay. */
function rotate(b: MathBuilder, { x, heads, width, ...rotation }: Rotation): string {
  const part = (from: number, to: number) => b.slice(x, [{ axis: 3, from, to }]);
  const rotating = width === 0 ? x : part(0, width);
  const spread = (angles: string) => b.unsqueeze(angles, [b.rank(angles) === 3 ? heads : heads - 1]);
  const [cos, sin] = [spread(rotation.cos), spread(rotation.sin)];
  const [u, v] = pairs(b, rotating, rotation.interleaved);
  const real = b.sub(b.mul(u, cos), b.mul(v, sin));
  const imaginary = b.add(b.mul(u, sin), b.mul(v, cos));
  const joined = rotation.interleaved
    ? b.emit('Reshape', [
        b.concat([b.unsqueeze(real, [4]), b.unsqueeze(imaginary, [4])], 4),
        b.ints([0, 0, 0, -1]),
      ])
    : b.concat([real, imaginary], 3);
  return width === 0 || width === b.dims(x)[3] ? joined : b.concat([joined, part(width, 2 ** 31)], 3);
}

function pairs(b: MathBuilder, x: string, interleaved: boolean): readonly [string, string] {
  if (interleaved) {
    const every = (from: number) => b.slice(x, [{ axis: 3, from, to: 2 ** 31, step: 2 }]);
    return [every(0), every(1)];
  }
  const [u = '', v = ''] = b.emitMany('Split', [x], 2, { axis: attr.int(3), num_outputs: attr.int(2) });
  return [u, v];
}
