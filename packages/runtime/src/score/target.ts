import { fail } from '@onnxplain/core';

/** One class for every row, one class per row of each batch, or each row's own best class. */
export type Target = number | readonly number[] | 'predicted';

/** Throws `target-range`, naming the number of classes, for a class the output does not have. */
export function checkTargets(target: Target, classes: number): void {
  if (target === 'predicted') return;
  for (const index of typeof target === 'number' ? [target] : target) {
    if (Number.isInteger(index) && index >= 0 && index < classes) continue;
    const expected =
      classes === 1 ? '0, the only class' : `a class from 0 to ${classes - 1} (${classes} classes)`;
    fail({ code: 'target-range', where: 'target', expected, got: String(index) });
  }
}

/** The class of each of n rows as the graph takes them; undefined when the graph finds them. */
export function targetsOf(target: Target, n: number): BigInt64Array | undefined {
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
