import { type AxesTarget, counted, fail, type Target } from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import type { RowSizes } from './selection.js';

export type { AxesTarget, AxisTarget, Target } from '@onnxplain/core';

/** A target along the flattened row. */
export type FlatTarget = Exclude<Target, AxesTarget>;

export const isAxesTarget = (target: Target): target is AxesTarget =>
  typeof target === 'object' && !Array.isArray(target);

/**
 * Throws `target-range`, naming the number of elements, for one the output does not have. Where a size is not known,
 * nothing is checked.
 */
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
    : `a class from 0 to ${count - 1} (${counted(count, 'class', 'classes')})`;
}

/** The element of each of n rows as the graph takes them, int64 [n]; nothing when the graph finds them. */
export function targetsOf(target: FlatTarget, n: number): readonly Constant[] {
  if (target === 'predicted') return [];
  const elements = (data: BigInt64Array): readonly Constant[] => [{ dtype: 'int64', dims: [n], data }];
  if (typeof target === 'number') return elements(new BigInt64Array(n).fill(BigInt(target)));
  if (target.length === n) return elements(BigInt64Array.from(target, BigInt));
  return fail({
    code: 'tensor-shape',
    where: 'target',
    expected: `a batch of ${counted(target.length, 'row')}, one for each class of the list`,
    got: counted(n, 'row'),
  });
}
