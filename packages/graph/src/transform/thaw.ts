import { attr, type Builder } from '../builder.js';
import type { Constant, Dim, Node } from '../types.js';

export interface Batch {
  /** The size that was frozen. */
  readonly batch: number;
  /** The symbol that takes its place. */
  readonly symbol: string;
}

type Thaw = (node: Node, builder: Builder, batch: Batch) => Node;

/** A node with the batch size that was frozen into its constants made free; most nodes hold none. */
export function thaw(node: Node, builder: Builder, batch: Batch): Node {
  return node.domain === '' ? (THAWS[node.op]?.(node, builder, batch) ?? node) : node;
}

const THAWS: Readonly<Record<string, Thaw | undefined>> = {
  Reshape: thawReshape,
  Slice: thawSlice,
  Concat: thawConcat,
  LSTM: thawStates,
  GRU: thawStates,
  RNN: thawStates,
};

/**
 * A target spells the batch where as many elements come before it as before the batch axis of the data: row-major order
 * then keeps rows whole. Where sizes of 1 leave a choice, the axis keeps its place.
 */
function thawReshape(node: Node, builder: Builder, { batch, symbol }: Batch): Node {
  const [data, shape] = node.inputs;
  const target = integers(builder.constantOf(shape));
  const dims = builder.type(data).dims;
  const axis = dims === undefined ? -1 : batchAxis(dims, symbol);
  if (target === undefined || dims === undefined || axis < 0) return node;
  const resolved = resolve(target, dims, batch);
  if (resolved === undefined) return node;
  const before = product(dims.slice(0, axis));
  const places = resolved.flatMap((_, k) => (product(resolved.slice(0, k)) === before ? [k] : []));
  const at = [axis, ...places].find((k) => places.includes(k) && resolved[k] === batch) ?? places[0];
  if (at === undefined) return node;
  // The batch axis may have been merged with the one after it (heads of an attention layer): -1 covers both.
  const free = resolved.map((size, k) => (k === at ? -1 : size));
  return { ...node, inputs: [data, builder.ints(free)], attributes: {} };
}

/** The target with its 0 and -1 spelled out for the fixed batch. */
function resolve(
  target: readonly number[],
  dims: readonly Dim[],
  batch: number,
): readonly number[] | undefined {
  const fixed = dims.map((dim) => (typeof dim === 'number' ? dim : coefficient(dim) * batch));
  const copied = target.map((size, i) => (size === 0 ? (fixed[i] ?? Number.NaN) : size));
  const known = product(copied.filter((size) => size !== -1));
  const sizes = copied.map((size) => (size === -1 ? product(fixed) / known : size));
  return sizes.every(Number.isSafeInteger) ? sizes : undefined;
}

/** 12 of "12*N": how many elements of the axis belong to one row. */
function coefficient(dim: string): number {
  const factor = /^(\d+)\*/.exec(dim) ?? /\*(\d+)$/.exec(dim);
  return factor === null ? 1 : Number(factor[1]);
}

/** A slice of the whole batch axis ends where the axis ends. */
function thawSlice(node: Node, builder: Builder, { batch, symbol }: Batch): Node {
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

/** Beyond the end of every axis. */
const END = 2 ** 31 - 1;

/** Operands without a batch (a class token repeated for the fixed batch) are repeated for the free one. */
function thawConcat(node: Node, builder: Builder, { batch, symbol }: Batch): Node {
  const all = node.inputs.map((name) => builder.type(name).dims);
  const like = all.findIndex((dims) => dims !== undefined && batchAxis(dims, symbol) >= 0);
  const dims = all[like];
  if (dims === undefined) return node;
  const axis = batchAxis(dims, symbol);
  const along = node.attributes.axis?.kind === 'int' ? node.attributes.axis.value : 0;
  if ((along < 0 ? along + dims.length : along) === axis) return node;
  const inputs = node.inputs.map((name, i) =>
    batch === 1 && all[i]?.[axis] === 1 ? repeat(builder, { name, axis, like: node.inputs[like] }) : name,
  );
  return { ...node, inputs };
}

/** Initial states of a recurrent network, [directions, batch, hidden]; the data are [time, batch, features]. */
function thawStates(node: Node, builder: Builder, { batch, symbol }: Batch): Node {
  const dims = builder.type(node.inputs[0]).dims;
  const layout = node.attributes.layout?.value === 1 ? 0 : 1;
  if (dims?.[layout] !== symbol || batch !== 1) return node;
  const inputs = node.inputs.map((name, i) => {
    const frozen = (i === 5 || i === 6) && name !== '' && builder.type(name).dims?.[layout] === 1;
    return frozen ? repeat(builder, { name, axis: layout, like: node.inputs[0] }) : name;
  });
  return { ...node, inputs };
}

interface Repeat {
  readonly name: string;
  readonly axis: number;
  /** A value that has the wanted number of rows on the same axis. */
  readonly like: string;
}

/** A value with one row repeated for as many rows as there are. */
function repeat(builder: Builder, { name, axis, like }: Repeat): string {
  const rows = builder.emit('Gather', [builder.shape(like), builder.ints([axis])], { axis: attr.int(0) });
  const ones = (count: number): readonly string[] =>
    count > 0 ? [builder.ints(new Array(count).fill(1))] : [];
  const parts = [...ones(axis), rows, ...ones(builder.rank(name) - axis - 1)];
  const shape = parts.length === 1 ? rows : builder.emit('Concat', parts, { axis: attr.int(0) });
  return builder.emit('Expand', [name, shape]);
}

/** The first axis that the batch symbol is part of, or -1. */
function batchAxis(dims: readonly Dim[], symbol: string): number {
  return dims.findIndex((dim) => typeof dim === 'string' && dim.split('*').includes(symbol));
}

const product = (sizes: readonly Dim[]): number =>
  sizes.reduce<number>((total, size) => total * (typeof size === 'number' ? size : Number.NaN), 1);

function integers(constant: Constant | undefined): readonly number[] | undefined {
  return constant?.data instanceof BigInt64Array ? Array.from(constant.data, Number) : undefined;
}
