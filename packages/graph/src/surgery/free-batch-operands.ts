import { attr, type Builder } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import type { Node } from '../ir/types.js';
import { batchAxis, coefficient, type FrozenBatch, integers, repeat } from './free-batch-rows.js';

interface Operands {
  /** Last axes that are not aligned, such as those of the matrices of a MatMul; default 0. */
  readonly inner?: number;
  /** Whether an operand of size 1 already serves all rows; default true. */
  readonly broadcasts?: boolean;
}

type Rewrite = (node: Node, builder: Builder, frozen: FrozenBatch) => Node;

/**
 * Repeats operands that have the elements of one row for all rows: attention with relative positions adds [heads, ...] to [heads*N, ...],
 * for example. Axes are aligned from the last one.
 */
export const freeOperands =
  ({ inner = 0, broadcasts = true }: Operands): Rewrite =>
  (node, builder, { batch, symbol, elementsBefore }) => {
    const all = node.inputs.map((name) => (name === '' ? undefined : builder.typeOf(name)?.dims));
    const like = all.findIndex((dims) => dims !== undefined && batchAxis(dims, symbol) >= 0);
    const dims = all[like];
    if (dims === undefined || batch !== 1 || (elementsBefore.get(node.inputs[like]) ?? 1) > 1) return node;
    const likeAxis = batchAxis(dims, symbol);
    const size = coefficient(String(dims[likeAxis]));
    if (likeAxis >= dims.length - inner || (broadcasts && size === 1)) return node;
    const inputs = node.inputs.map((name, i) => {
      const axis = likeAxis + (all[i]?.length ?? 0) - dims.length;
      if (axis < 0 || all[i]?.[axis] !== size) return name;
      return repeat(builder, { name, axis, like: node.inputs[like], likeAxis });
    });
    return inputs.every((name, i) => name === node.inputs[i]) ? node : { ...node, inputs };
  };

/**
 * Reads each row by its own coordinates, where constant coordinates [batch, ..., k] begin with the number of the row that they belong
 * to, and are otherwise the same for all rows. Exporters write masks of attention so.
 */
export function freeGatherND(node: Node, builder: Builder, { batch, symbol }: FrozenBatch): Node {
  const [data, indices] = node.inputs;
  const dims = builder.typeOf(data)?.dims;
  const coordinates = integers(builder.constantOf(indices));
  const [rows, ...places] = builder.constantOf(indices)?.dims ?? [];
  const width = places.at(-1) ?? 0;
  if (coordinates === undefined || dims?.[0] !== symbol || rows !== batch || width === 0) return node;
  if (attributesOf(node, 'GatherND').batch_dims !== 0) return node;
  const perRow = coordinates.length / batch;
  const own = coordinates.every((at, i) => {
    const row = Math.floor(i / perRow);
    return i % width === 0 ? at === row : at === coordinates[i % perRow];
  });
  if (!own) return node;
  if (width === 1)
    return places.length === 1 ? { ...node, op: 'Identity', inputs: [data], attributes: {} } : node;
  const rest = coordinates.slice(0, perRow).filter((_, i) => i % width > 0);
  const one = builder.constant({
    dtype: 'int64',
    dims: [1, ...places.with(-1, width - 1)],
    data: BigInt64Array.from(rest, BigInt),
  });
  const all = repeat(builder, { name: one, axis: 0, like: data });
  return { ...node, inputs: [data, all], attributes: { batch_dims: attr.int(1) } };
}

/** Reads the elements of every row, where constant indices [1, ...] read those of one from an axis that rows are merged into. */
export function freeGather(
  node: Node,
  builder: Builder,
  { batch, symbol, elementsBefore }: FrozenBatch,
): Node {
  const [data, indices] = node.inputs;
  const dims = builder.typeOf(data)?.dims;
  const read = integers(builder.constantOf(indices));
  const [rows, ...places] = builder.constantOf(indices)?.dims ?? [];
  const { axis } = attributesOf(node, 'Gather');
  if (read === undefined || dims === undefined || axis !== 0 || batchAxis(dims, symbol) !== 0) return node;
  const size = coefficient(String(dims[0]));
  if (batch !== 1 || rows !== 1 || size === 1 || (elementsBefore.get(data) ?? 1) > 1) return node;
  const rest = dims.slice(1);
  if (!rest.every((dim) => typeof dim === 'number')) return node;
  const split = builder.emit('Reshape', [data, builder.ints([-1, size, ...rest])]);
  const one = builder.constant({ dtype: 'int64', dims: places, data: BigInt64Array.from(read, BigInt) });
  return { ...node, inputs: [split, one], attributes: { axis: attr.int(1) } };
}

/** Leaves the axis of rows as it is, where the constant target of an Expand gives it the size that it has already. */
export function freeExpand(node: Node, builder: Builder, { batch, symbol }: FrozenBatch): Node {
  const [data, shape] = node.inputs;
  const dims = builder.typeOf(data)?.dims;
  const target = integers(builder.constantOf(shape));
  if (dims === undefined || target === undefined) return node;
  const axis = batchAxis(dims, symbol);
  const at = axis + target.length - dims.length;
  if (axis < 0 || at < 0 || target[at] !== coefficient(String(dims[axis])) * batch) return node;
  return { ...node, inputs: [data, builder.ints(target.with(at, 1))] };
}
