import { type Moments, moments } from '@onnxplain/core';

export type Summary = Pick<Moments, 'n' | 'mean' | 'stderr'>;

export type Verdict = 'holds' | 'does not hold' | 'undecided';

/** Mean over inputs and its standard error across inputs. */
export function summarise(values: readonly number[]): Summary {
  return moments.value(values.reduce(moments.add, moments.init()));
}

/** Mean of a - b over inputs, paired input by input. */
export function pairedDifference(a: readonly number[], b: readonly number[]): Summary {
  return summarise(a.map((value, i) => value - b[i]));
}

/** Whether "a is lower than b" holds beyond two standard errors of the paired difference. */
export function isLower(a: readonly number[], b: readonly number[]): Verdict {
  const { mean, stderr } = pairedDifference(a, b);
  if (mean < -2 * stderr) return 'holds';
  return mean > 2 * stderr ? 'does not hold' : 'undecided';
}
