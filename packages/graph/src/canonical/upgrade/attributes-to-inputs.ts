import { codeOf } from '@onnxplain/core';
import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { opsIn } from '../../ir/ops.js';
import type { Node } from '../../ir/types.js';
import { appendChanged, below, input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';

/** Reductions, Squeeze, Unsqueeze: `axes` became an input in 13 (ReduceSum, Squeeze, Unsqueeze) or 18. */
const axesInput: OpRewrite = (node, b) => {
  const { axes } = attributesOf(node, 'Squeeze-1');
  if (axes === undefined) return undefined;
  return appendChanged(node, b, { inputs: [input(node, 0), b.ints(axes)], attributes: { axes: undefined } });
};

/** Split: `split` became an input in 13, and `num_outputs` is required without it since 18. */
const split: OpRewrite = (node, b, from) => {
  const sizes = from < 13 ? attributesOf(node, 'Split-1').split : undefined;
  if (sizes !== undefined) {
    return appendChanged(node, b, {
      inputs: [input(node, 0), b.ints(sizes)],
      attributes: { split: undefined },
    });
  }
  if (input(node, 1) !== '') return undefined;
  return appendChanged(node, b, { attributes: { num_outputs: attr.int(node.outputs.length) } });
};

/** Slice: all attributes became inputs in 10. */
const slice: OpRewrite = (node, b) => {
  const { starts = [], ends = [], axes } = attributesOf(node, 'Slice-1');
  const along = axes ?? starts.map((_, i) => i);
  const inputs = [input(node, 0), b.ints(starts), b.ints(ends), b.ints(along)];
  return appendChanged(node, b, {
    inputs,
    attributes: { starts: undefined, ends: undefined, axes: undefined },
  });
};

/** Pad: `pads` (`paddings` in 1) and `value` became inputs in 11. */
const pad: OpRewrite = (node, b) => {
  const { paddings = [], pads = paddings, value } = attributesOf(node, 'Pad-1');
  const inputs = [input(node, 0), b.ints(pads), b.scalar(value, input(node, 0))];
  return appendChanged(node, b, {
    inputs,
    attributes: { pads: undefined, paddings: undefined, value: undefined },
  });
};

/** Clip: `min` and `max` became inputs in 11. */
const clip: OpRewrite = (node, b) => {
  const { min, max } = attributesOf(node, 'Clip-1');
  const x = input(node, 0);
  const bound = (value: number | undefined) => (value === undefined ? '' : b.scalar(value, x));
  const [low, high] = [bound(min), bound(max)];
  const inputs = high !== '' ? [x, low, high] : low !== '' ? [x, low] : [x];
  return appendChanged(node, b, { inputs, attributes: { min: undefined, max: undefined } });
};

/** TopK: `k` became an input in 10. */
const topK: OpRewrite = (node, b) => {
  const { k } = attributesOf(node, 'TopK-1');
  return appendChanged(node, b, { inputs: [input(node, 0), b.ints([k])], attributes: { k: undefined } });
};

/** Reshape: `shape` became an input in 5. */
const reshape: OpRewrite = (node, b) => {
  const { shape = [] } = attributesOf(node, 'Reshape-1');
  return appendChanged(node, b, {
    inputs: [input(node, 0), b.ints(shape)],
    attributes: { shape: undefined },
  });
};

/** Tile: in opset 1, the inputs `tiles` and `axis` gave the repeats of one axis. */
const tile: OpRewrite = (node, b) => {
  const [x, tiles, axis] = [input(node, 0), input(node, 1), input(node, 2)];
  if (axis === '') return undefined;
  const repeats = repeatsOn(b, { rank: b.rank(x), tiles, axis });
  return appendChanged(node, b, { inputs: [x, repeats] });
};

/** Emits a vector of ones with the number of repeats at one axis. */
function repeatsOn(
  b: GraphBuilder,
  { rank, tiles, axis }: { rank: number; tiles: string; axis: string },
): string {
  const flat = (name: string) =>
    b.emit('Reshape', [b.emit('Cast', [name], { to: attr.int(codeOf('int64')) }), b.ints([1])]);
  return b.emit('ScatterElements', [b.ints(new Array<number>(rank).fill(1)), flat(axis), flat(tiles)]);
}

/** Scatter was renamed to ScatterElements in 11. */
const scatter: OpRewrite = (node, b) => appendChanged(node, b, { op: 'ScatterElements' });

/** Concat: before 4, the default of `axis` was 1. */
const concat: OpRewrite = (node: Node, b) =>
  'axis' in node.attributes ? undefined : appendChanged(node, b, { attributes: { axis: attr.int(1) } });

/** Upgrades of operators whose attributes became inputs, and of a few that were renamed or got other defaults. */
export const attributesToInputs: OpRewrites = {
  ...Object.fromEntries(opsIn('reduction').map((op) => [op, below(18, axesInput)])),
  Squeeze: below(13, axesInput),
  Unsqueeze: below(13, axesInput),
  Split: below(18, split),
  Slice: below(10, slice),
  Pad: below(11, pad),
  Clip: below(11, clip),
  TopK: below(10, topK),
  Reshape: below(5, reshape),
  Tile: below(6, tile),
  Scatter: scatter,
  Concat: below(4, concat),
};
