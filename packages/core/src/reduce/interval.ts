import { fail } from '../error.js';
import type { Estimate } from '../types.js';
import { studentQuantile } from './quantile.js';

/** Where the true value of a number lies, with probability `level`. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
}

export interface IntervalOptions {
  /** Probability that the interval holds the true value, between 0 and 1; default 0.95. A higher level gives a wider interval. */
  readonly level?: number;
  /**
   * The least value that the number can have by its definition, e.g. 0 for a mean of squares; default -Infinity. An end below it is
   * moved up to it (clipped), which takes away only values that cannot be true: the coverage stays as it is.
   */
  readonly least?: number;
}

/**
 * The interval of an estimate: of a mean of n samples value ± t·stderr, with t the quantile of Student's distribution for n - 1
 * degrees of freedom; of an exact number the number itself. Undefined where nothing is known of the spread: a mean of one sample, a
 * bound, and estimates without a value. The level holds exactly for normal samples and approximately for others, less well the more
 * skewed and the fewer they are. Throws `option-value` for a level that is not between 0 and 1. Source: Student 1908.
 */
export function interval(
  estimate: Estimate,
  { level = 0.95, least = Number.NEGATIVE_INFINITY }: IntervalOptions = {},
): Interval | undefined {
  if (!(level > 0 && level < 1)) {
    const expected = 'a probability between 0 and 1, both excluded';
    fail({ code: 'option-value', where: 'level of an interval', expected, got: String(level) });
  }
  const half = halfWidth(estimate, level);
  if (half === undefined || !('value' in estimate)) return undefined;
  const { value } = estimate;
  return { low: Math.max(least, value - half), high: Math.max(least, value + half), level };
}

function halfWidth(estimate: Estimate, level: number): number | undefined {
  switch (estimate.kind) {
    case 'mean': {
      const { n, stderr } = estimate;
      return n < 2 || Number.isNaN(stderr) ? undefined : studentQuantile((1 + level) / 2, n - 1) * stderr;
    }
    case 'exact':
      return 0;
    case 'bound':
    case 'censored':
    case 'invalid':
      return undefined;
  }
}
