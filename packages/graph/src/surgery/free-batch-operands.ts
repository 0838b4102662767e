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
  if (coordinates === undefined || dims?.[0] !== symbol || rows !== batch || width < 2) return node;
  if (attributesOf(node, 'GatherND').batch_dims !== 0) return node;
  const perRow = coordinates.length / batch;
  const own = coordinates.every((at, i) => {
    const row = Math.floor(i / perRow);
    return i % width === 0 ? at === row : at === coordinates[i % perRow];
  });
  if (!own) return node;
  const rest = coordinates.slice(0, perRow).filter((_, i) => i % width > 0);
  const one = builder.constant({
    dtype: 'int64',
    dims: [1, ...places.with(-1, width - 1)],
    data: BigInt64Array.from(rest, BigInt),
  });
  const all = repeat(builder, { name: one, axis: 0, like: data });
  return { ...node, inputs: [data, all], attributes: { batch_dims: attr.int(1) } };
}
