import { codeOf, type RowAxis, type Shape, sizeOf, type Tensor } from '@onnxplain/core';
import { attr, builderOf, emitBatchFirst, type Graph, prune } from '@onnxplain/graph';
import type { FloatType } from '../session/value.js';

/** A value with rows along an axis. */
export interface Column {
  readonly name: string;
  readonly axis: RowAxis;
}

/** Joins values with rows into one output [N, sum of sizes] of a type, so that one run of a queue gives them all. */
export function joinColumns(
  graph: Graph,
  columns: readonly Column[],
  dtype: FloatType,
): { readonly graph: Graph; readonly name: string } {
  const b = builderOf(graph);
  const flat = columns.map(({ name, axis }) => {
    const rows = b.emit('Flatten', [emitBatchFirst(b, name, axis)], { axis: attr.int(1) });
    return b.dtype(name) === dtype ? rows : b.emit('Cast', [rows], { to: attr.int(codeOf(dtype)) });
  });
  const name = flat.length === 1 ? flat[0] : b.emit('Concat', flat, { axis: attr.int(1) });
  return { graph: prune(b.build([{ name, ...b.type(name) }])), name };
}

/** Splits the columns of one output into one tensor for each shape. */
export function splitColumns(data: Tensor['data'], shapes: readonly Shape[]): readonly Tensor[] {
  const sizes = shapes.map(sizeOf);
  const width = sizes.reduce((sum, size) => sum + size, 0);
  const n = data.length / width;
  let from = 0;
  return shapes.map((shape, k) => {
    const part =
      data instanceof Float64Array ? new Float64Array(n * sizes[k]) : new Float32Array(n * sizes[k]);
    for (let i = 0; i < n; i++) {
      part.set(data.subarray(i * width + from, i * width + from + sizes[k]), i * sizes[k]);
    }
    from += sizes[k];
    return { shape: [n, ...shape], data: part };
  });
}
