import { attr } from '../../builder/builder.js';
import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder, Size } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Rule, RuleContext } from './rule.js';
import { scatterElements, scatterNd } from './scatter.js';
import { areDistinct, scatterAdd } from './scatter-add.js';

/** Backward rules of operators that read or write elements by index: the adjoint of gather is scatter-add. */
export const indexing = {
  Gather: (b, step, dy) => [gather(b, step, dy)],
  GatherElements: (b, { node, inputs: [x, indices] }, dy) => [
    scatterAdd(b, 'ScatterElements', {
      data: b.zeros(x),
      indices,
      updates: dy,
      axis: attributesOf(node, 'GatherElements').axis,
    }),
  ],
  GatherND: (b, { node, inputs: [x, indices] }, dy) => {
    const full = withBatchCoordinates(b, indices, attributesOf(node, 'GatherND').batch_dims);
    return [scatterAdd(b, 'ScatterND', { data: b.zeros(x), indices: full, updates: dy })];
  },
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  Unique: (b, step, dy) => [unique(b, step, dy)],
} satisfies Record<string, Rule>;

function gather(b: MathBuilder, { node, inputs: [x, indices] }: RuleContext, dy: string): string {
  const axis = (attributesOf(node, 'Gather').axis + b.rank(x)) % b.rank(x);
  const size = b.dims(x)[axis];
  const known = b.constantOf(indices);
  if (typeof size === 'number' && known?.data.length === 1) {
    const at = Number(known.data[0]);
    return padAroundIndex(b, dy, { x, axis, at: at < 0 ? at + size : at });
  }
  return scatterAxis(b, dy, { axis, indices, size: { of: x, axis } });
}

/** Each output element is the first of several equal input elements, which gets the cotangent. */
function unique(b: MathBuilder, { inputs: [x], outputs: [, given], node }: RuleContext, dy: string): string {
  const indices = given || b.emitMany('Unique', [x], 2, node.attributes)[1];
  const { axis: along } = attributesOf(node, 'Unique');
  if (along !== undefined) {
    const axis = (along + b.rank(x)) % b.rank(x);
    return scatterAxis(b, dy, { axis, indices, size: { of: x, axis } });
  }
  const zeros = b.reshape(b.zeros(x), [-1]);
  return b.reshapeLike(b.emit('ScatterElements', [zeros, indices, dy], { axis: attr.int(0) }), x);
}

/** The adjoint of Gather with one constant index: pads dy with zeros before and after the index. */
function padAroundIndex(
  b: MathBuilder,
  dy: string,
  { x, axis, at }: { x: string; axis: number; at: number },
): string {
  const sizes = b.dims(x).map((_, i): Size => (i === axis ? 1 : { of: x, axis: i }));
  const before = sizes.map((_, i) => (i === axis ? at : 0));
  const after = sizes.map((_, i) => (i === axis ? Number(b.dims(x)[axis]) - at - 1 : 0));
  return b.pad(b.reshape(dy, sizes), before, after);
}

interface AxisScatter {
  readonly axis: number;
  /** Positions along `axis` of the result, one for each slice of d; of any rank, as in Gather. */
  readonly indices: string;
  readonly size: Size;
  /** Whether no index occurs twice. Default: true if the indices are constants and all different. */
  readonly distinct?: boolean;
}

/** The adjoint of Gather. Replaces the axes of `indices`, which begin at `axis` of d, by one axis of size `size`; equal indices add up. */
export function scatterAxis(
  b: MathBuilder,
  d: string,
  { axis, indices, size, distinct }: AxisScatter,
): string {
  const count = b.rank(indices);
  const all = b.others(d, []);
  const taken = all.slice(axis, axis + count);
  const rest = [...all.slice(0, axis), ...all.slice(axis + count)];
  const updates = b.transpose(d, [...taken, ...rest]);
  const shape = b.sizes([size, ...rest.map((at): Size => ({ of: d, axis: at }))]);
  const zeros = b.emit('Expand', [b.scalar(0, d), shape]);
  const scattered = scatterAdd(b, 'ScatterND', {
    data: zeros,
    indices: b.unsqueeze(indices, [count]),
    updates,
    distinct: distinct ?? areDistinct(b, indices, 1),
  });
  const order = rest.map((_, i) => i + 1);
  return b.transpose(scattered, [...order.slice(0, axis), 0, ...order.slice(axis)]);
}

/** Returns index tuples that begin with the batch coordinates, as GatherND with `batch_dims` 0 expects them. */
function withBatchCoordinates(b: MathBuilder, indices: string, batchDims: number): string {
  if (batchDims === 0) return indices;
  const last = b.rank(indices) - 1;
  const tuples = b.sizes([...Array.from({ length: last }, (_, axis): Size => ({ of: indices, axis })), 1]);
  const coordinates = Array.from({ length: batchDims }, (_, axis) => {
    const positions = b.reshape(
      positionsAlong(b, indices, axis),
      Array.from({ length: last + 1 }, (_, i) => (i === axis ? -1 : 1)),
    );
    return b.emit('Expand', [b.cast(positions, b.dtype(indices)), tuples]);
  });
  return b.concat([...coordinates, indices], last);
}
