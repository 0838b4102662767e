import { attr } from '../../builder/builder.js';
import type { MathBuilder, Size } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { col2im } from './col2im.js';
import { pad } from './pad.js';
import { inversePermutation } from './reduction.js';
import { resize } from './resize.js';
import type { Rule, RuleContext } from './rule.js';
import { slice } from './slice.js';

const reshapeBack: Rule = (b, { inputs: [x] }, dy) => [b.reshapeLike(dy, x)];

/** Backward rules of operators that rearrange elements: the adjoint is the inverse rearrangement, and copies are summed. */
export const movement = {
  Col2Im: col2im,
  Concat: (b, step, dy) => concat(b, step, dy),
  DepthToSpace: (b, { node, inputs: [x] }, dy) => {
    const { blocksize: block, mode } = attributesOf(node, 'DepthToSpace');
    const depth = b.emit('SpaceToDepth', [dy], { blocksize: attr.int(block) });
    return [mode === 'DCR' ? depth : dcrToCrd(b, depth, { x, block })];
  },
  Expand: (_, _step, dy) => [dy],
  Flatten: reshapeBack,
  Pad: pad,
  Reshape: reshapeBack,
  Resize: resize,
  Slice: slice,
  SpaceToDepth: (b, { node }, dy) => [b.emit('DepthToSpace', [dy], node.attributes)],
  Split: (b, { node, cotangents, outputs }) => [
    b.concat(
      outputs.flatMap((part, i) => (part === '' ? [] : [cotangents[i] ?? b.zeros(part)])),
      attributesOf(node, 'Split').axis,
    ),
  ],
  Squeeze: reshapeBack,
  Tile: (b, step, dy) => [tile(b, step, dy)],
  Transpose: (b, { node, inputs: [x] }, dy) => {
    const reversed = b.others(x, []).reverse();
    return [b.transpose(dy, inversePermutation(attributesOf(node, 'Transpose').perm ?? reversed))];
  },
  Trilu: (b, { node, inputs: [, ...k] }, dy) => [b.emit('Trilu', [dy, ...k], node.attributes)],
  Unsqueeze: reshapeBack,
} satisfies Record<string, Rule>;

/** Each input gets its part of dy: by Slice if the sizes are known, else by a Split with sizes computed in the graph. */
function concat(b: MathBuilder, { node, inputs, outputs: [y] }: RuleContext, dy: string): readonly string[] {
  const axis = (attributesOf(node, 'Concat').axis + b.rank(y)) % b.rank(y);
  const sizes = inputs.map((x) => b.dims(x)[axis]);
  if (!sizes.every((size) => typeof size === 'number')) {
    const parts = b.sizes(inputs.map((x) => ({ of: x, axis })));
    return b.emitMany('Split', [dy, parts], inputs.length, { axis: attr.int(axis) });
  }
  let to = 0;
  return sizes.map((size) => {
    const from = to;
    to += size;
    return b.slice(dy, [{ axis, from, to }]);
  });
}

/** Reorders the channels of SpaceToDepth from DCR (block row, block column, channel) to CRD (channel, block row, block column). */
function dcrToCrd(b: MathBuilder, depth: string, { x, block }: { x: string; block: number }): string {
  const [batch, rows, columns] = [0, 2, 3].map((axis): Size => ({ of: depth, axis }));
  const blocks = b.reshape(depth, [batch, block * block, -1, rows, columns]);
  return b.reshapeLike(b.transpose(blocks, [0, 2, 1, 3, 4]), x);
}

/** Reshapes [r0 d0, r1 d1, ...] to [r0, d0, r1, d1, ...] and sums over the repeats r0, r1, ... */
function tile(b: MathBuilder, { inputs: [x, repeats] }: RuleContext, dy: string): string {
  const axes = b.others(x, []);
  const column = (vector: string) => b.unsqueeze(vector, [1]);
  const pairs = b.concat([column(repeats), column(b.shape(x))], 1);
  const split = b.emit('Reshape', [dy, b.reshape(pairs, [2 * axes.length])]);
  const copies = b.ints(axes.map((axis) => 2 * axis));
  return b.emit('ReduceSum', [split, copies], { keepdims: attr.int(0) });
}
