import { interval, type Moments, moments } from '@onnxplain/core';

export type Summary = Pick<Moments, 'n' | 'mean' | 'stderr'>;

export type Verdict = 'holds' | 'does not hold' | 'undecided';

/** Returns the mean over inputs and its standard error. */
export function summarise(values: readonly number[]): Summary {
  return moments.value(values.reduce(moments.add, moments.init()));
}

/** Returns the mean of the paired differences a - b over inputs. */
export function pairedDifference(a: readonly number[], b: readonly number[]): Summary {
  return summarise(a.map((value, i) => value - b[i]));
}

/** Returns the verdict on "a is lower than b": undecided if the 95 % interval of the mean paired difference, by Student's t, contains 0. */
export function isLower(a: readonly number[], b: readonly number[]): Verdict {
  const { n, mean: value, stderr } = pairedDifference(a, b);
  const found = interval({ kind: 'mean', value, stderr, n });
  if (found === undefined) return 'undecided';
  if (found.high < 0) return 'holds';
  return found.low > 0 ? 'does not hold' : 'undecided';
}
