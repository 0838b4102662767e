import type { Op } from '../../ir/ops.js';
import { attr, type Builder } from '../builder.js';

export interface Reduction {
  /** Sum over axes, which stay with size 1. */
  sum(x: string, axes: readonly number[]): string;
  mean(x: string, axes: readonly number[]): string;
  /** All axes but these. */
  others(x: string, axes: readonly number[]): number[];
}

export function reduction(b: Builder): Reduction {
  const reduce = (op: Op) => (x: string, axes: readonly number[]) =>
    axes.length === 0 ? x : b.emit(op, [x, b.ints(axes)], { keepdims: attr.int(1) });
  return {
    sum: reduce('ReduceSum'),
    mean: reduce('ReduceMean'),
    others: (x, axes) => b.dims(x).flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])),
  };
}
