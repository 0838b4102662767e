import { fail, type Tensor } from '@onnxplain/core';
import type { RowSizes } from './classes.js';

/** What is taken along one axis of an output: the entry of an index, the sum or the maximum over all entries, or 'predicted'. */
export type AxisTarget = number | 'sum' | 'max' | 'predicted';

/**
 * One number of an output with several axes, [N, ...axes]. The link is applied first, at every place; then entries are taken, then maxima,
 * then weighted sums. So `{ at: [3, 'sum', 'sum'] }` of [N, classes, h, w] is class 3 summed over all pixels, and `{ at: ['max', 4, 5] }`
 * the best class at a pixel.
 */
export interface AxesTarget {
  /** One for each axis after the batch. 'predicted': each row's best entry of what is left when all else is taken, without the link. */
  readonly at: readonly AxisTarget[];
  /** Weights of the sums, 0 and 1 for a mask; its shape is that of the axes with 'sum', in their order. Default: all 1. */
  readonly mask?: Tensor;
}

/**
 * One element for every row, one per row of each batch, or each row's own best; elements are numbered along the flattened row, as classes
 * are. Or what is taken along each axis, the same for every row.
 */
export type Target = number | readonly number[] | 'predicted' | AxesTarget;

/** A target along the flattened row. */
export type FlatTarget = Exclude<Target, AxesTarget>;

export const isAlongAxes = (target: Target): target is AxesTarget =>
  typeof target === 'object' && !Array.isArray(target);

/** Throws `target-range`, naming the number of elements, for one the output does not have. Where a size is not known, nothing is checked. */
export function checkTargets(target: FlatTarget, sizes: RowSizes): void {
  if (target === 'predicted') return;
  const count = sizes.reduce<number>((product, size) => product * (size ?? Number.NaN), 1);
  for (const index of typeof target === 'number' ? [target] : target) {
    if (Number.isInteger(index) && index >= 0 && !(index >= count)) continue;
    fail({ code: 'target-range', where: 'target', expected: rangeOf(count, sizes), got: String(index) });
  }
}

function rangeOf(count: number, sizes: RowSizes): string {
  if (count === 1) return '0, the only class';
  if (Number.isNaN(count)) return 'the number of an element, from 0';
  return sizes.filter((size) => size !== 1).length > 1
    ? `an element from 0 to ${count - 1} (the flattened axes [${sizes.join(', ')}])`
    : `a class from 0 to ${count - 1} (${count} classes)`;
}

/** The element of each of n rows as the graph takes them; undefined when the graph finds them. */
export function targetsOf(target: FlatTarget, n: number): BigInt64Array | undefined {
  if (target === 'predicted') return undefined;
  if (typeof target === 'number') return new BigInt64Array(n).fill(BigInt(target));
  if (target.length === n) return BigInt64Array.from(target, BigInt);
  return fail({
    code: 'tensor-shape',
    where: 'target',
    expected: `a batch of ${target.length} rows, one for each class of the list`,
    got: `${n} rows`,
  });
}
