import { own } from '@onnxplain/core';
import { attr, type Builder } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import { opsIn } from '../ir/ops.js';
import type { Dim, Node } from '../ir/types.js';
import { freeExpand, freeGather, freeGatherND, freeOperands } from './free-batch-operands.js';
import { batchAxis, coefficient, type FrozenBatch, integers, repeat } from './free-batch-rows.js';

type FreeBatchRule = (node: Node, builder: Builder, batch: FrozenBatch) => Node;

/** Replaces the fixed batch size in the constants that a node reads. Returns the node itself where it reads none. */
export function freeBatchInNode(node: Node, builder: Builder, batch: FrozenBatch): Node {
  if (node.op === 'Reshape' && node.domain === '') return freeReshape(node, builder, batch);
  copyElementsBefore(node, batch.elementsBefore);
  return node.domain === '' ? (own(FREE_BATCH_RULES, node.op)?.(node, builder, batch) ?? node) : node;
}

/** Copies the count from inputs to outputs, because only a Reshape merges or splits axes. */
function copyElementsBefore({ inputs, outputs }: Node, elementsBefore: Map<string, number>): void {
  const count = inputs.map((name) => elementsBefore.get(name)).find((each) => each !== undefined);
  if (count !== undefined) for (const name of outputs) elementsBefore.set(name, count);
}

const FREE_BATCH_RULES: Readonly<Record<string, FreeBatchRule | undefined>> = {
  Slice: freeSlice,
  Concat: freeConcat,
  Resize: freeResize,
  Expand: freeExpand,
  Gather: freeGather,
  GatherND: freeGatherND,
  GatherElements: freeOperands({ broadcasts: false }),
  ScatterElements: freeOperands({ broadcasts: false }),
  MatMul: freeOperands({ inner: 2 }),
  ...Object.fromEntries(opsIn('arithmetic', 'comparison', 'logic').map((op) => [op, freeOperands({})])),
  LSTM: freeStates,
  GRU: freeStates,
  RNN: freeStates,
};

function freeReshape(node: Node, builder: Builder, { batch, symbol, elementsBefore }: FrozenBatch): Node {
  const [data, shape] = node.inputs;
  const target = integers(builder.constantOf(shape));
  const dims = builder.type(data).dims;
  const axis = dims === undefined ? -1 : batchAxis(dims, symbol);
  if (target === undefined || dims === undefined || axis < 0) return node;
  const fixed = dims.map((dim) => (typeof dim === 'number' ? dim : coefficient(dim) * batch));
  const sizes = resolve(target, fixed);
  if (sizes === undefined) return node;
  const before = product(fixed.slice(0, axis)) * (elementsBefore.get(data) ?? 1);
  const at = targetAxisOf(sizes, { axis, fixed, before, batch });
  if (at === undefined) return node;
  elementsBefore.set(node.outputs[0], before / product(sizes.slice(0, at)));
  const free = sizes.map((size, k) => (k === at ? -1 : size));
  return { ...node, inputs: [data, builder.ints(free)], attributes: {} };
}

interface ReshapedBatch {
  /** The batch axis of the data. */
  readonly axis: number;
  /** The sizes of the data with the fixed batch. */
  readonly fixed: readonly number[];
  /** The product of the sizes before the batch axis of the data. */
  readonly before: number;
  readonly batch: number;
}

/**
 * Returns the axis of a Reshape target that the batch belongs to. The product of the sizes before it is that before the batch of the data,
 * because row-major order then keeps rows whole. Where sizes of 1 allow several axes, the index of the axis stays. Where no axis has the
 * size of the batch, the batch stays in the axis that it was merged into, or is merged with the axis after it (the heads of an attention
 * layer), but not with the last axis, which holds the features.
 */
function targetAxisOf(
  target: readonly number[],
  { axis, fixed, before, batch }: ReshapedBatch,
): number | undefined {
  const candidates = target.flatMap((_, k) => (product(target.slice(0, k)) === before ? [k] : []));
  const own = [axis, ...candidates].find((k) => candidates.includes(k) && target[k] === batch);
  if (own !== undefined) return own;
  if (fixed.slice(0, axis + 1).every((size, k) => size === target[k])) return axis;
  const [first] = candidates;
  return batch === 1 && first > 0 && first === target.length - 1 ? first - 1 : first;
}

/** Replaces the 0 and -1 of a Reshape target by sizes; undefined where the sizes do not fit. */
function resolve(target: readonly number[], fixed: readonly number[]): readonly number[] | undefined {
  const copied = target.map((size, i) => (size === 0 ? (fixed[i] ?? Number.NaN) : size));
  const known = product(copied.filter((size) => size !== -1));
  const sizes = copied.map((size) => (size === -1 ? product(fixed) / known : size));
  return sizes.every(Number.isSafeInteger) ? sizes : undefined;
}

/** Replaces the end of a Slice that takes the whole batch axis by the end of any axis. */
function freeSlice(node: Node, builder: Builder, { batch, symbol }: FrozenBatch): Node {
  const [data, starts, ends, axes, ...steps] = node.inputs;
  const from = integers(builder.constantOf(starts));
  const to = integers(builder.constantOf(ends));
  const dims = builder.type(data).dims;
  if (from === undefined || to === undefined || dims === undefined) return node;
  const on = axes === undefined || axes === '' ? from.map((_, i) => i) : integers(builder.constantOf(axes));
  if (on === undefined) return node;
  const axis = batchAxis(dims, symbol);
  const whole = to.map((end, i) =>
    (on[i] < 0 ? on[i] + dims.length : on[i]) === axis && from[i] === 0 && end === batch ? END : end,
  );
  if (whole.every((end, i) => end === to[i])) return node;
  return { ...node, inputs: [data, starts, builder.ints(whole), axes ?? '', ...steps] };
}

/** A Slice end beyond the end of every axis. */
const END = 2 ** 31 - 1;

/** Repeats operands of a Concat that have one row, such as a class token, for all rows of the batch. */
function freeConcat(node: Node, builder: Builder, { batch, symbol, elementsBefore }: FrozenBatch): Node {
  const all = node.inputs.map((name) => builder.type(name).dims);
  const like = all.findIndex((dims) => dims !== undefined && batchAxis(dims, symbol) >= 0);
  const dims = all[like];
  if (dims === undefined) return node;
  const axis = batchAxis(dims, symbol);
  const along = node.attributes.axis?.kind === 'int' ? node.attributes.axis.value : 0;
  if ((along < 0 ? along + dims.length : along) === axis) return node;
  const size = coefficient(String(dims[axis]));
  if (batch !== 1 || (size > 1 && (elementsBefore.get(node.inputs[like]) ?? 1) > 1)) return node;
  const inputs = node.inputs.map((name, i) =>
    all[i]?.[axis] === size ? repeat(builder, { name, axis, like: node.inputs[like] }) : name,
  );
  return { ...node, inputs };
}

/** Takes the size that a Resize keeps along the batch axis from its input, where all sizes are constants. */
function freeResize(node: Node, builder: Builder, { batch, symbol }: FrozenBatch): Node {
  const [data, window = '', scales = '', sizes = ''] = node.inputs;
  const dims = builder.type(data).dims;
  const to = integers(builder.constantOf(sizes));
  if (to === undefined || dims === undefined) return node;
  const axis = batchAxis(dims, symbol);
  const at = (attributesOf(node, 'Resize').axes ?? [...dims.keys()]).findIndex(
    (each) => axis >= 0 && (each === axis || each === axis - dims.length),
  );
  const dim = dims[axis];
  if (typeof dim !== 'string' || to[at] !== coefficient(dim) * batch) return node;
  const parts = [to.slice(0, at), to.slice(at + 1)].map((part) =>
    part.length > 0 ? builder.ints(part) : '',
  );
  const rows = builder.sizeOf(data, axis);
  const free = builder.emit('Concat', [parts[0], rows, parts[1]].filter(Boolean), { axis: attr.int(0) });
  return { ...node, inputs: [data, window, scales, free] };
}

/** Repeats initial states [directions, 1, hidden] of a recurrent network for all rows of the batch. */
function freeStates(node: Node, builder: Builder, { batch, symbol }: FrozenBatch): Node {
  const dims = builder.type(node.inputs[0]).dims;
  const layout = node.attributes.layout?.value === 1 ? 0 : 1;
  if (dims?.[layout] !== symbol || batch !== 1) return node;
  const inputs = node.inputs.map((name, i) => {
    const frozen = (i === 5 || i === 6) && name !== '' && builder.type(name).dims?.[layout] === 1;
    return frozen ? repeat(builder, { name, axis: layout, like: node.inputs[0] }) : name;
  });
  return { ...node, inputs };
}

const product = (sizes: readonly Dim[]): number =>
  sizes.reduce<number>((total, size) => total * (typeof size === 'number' ? size : Number.NaN), 1);
