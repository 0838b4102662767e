import { fail } from '../error.js';
import type { Estimate, MeanEstimate } from '../types/estimate.js';
import { studentQuantile } from './distributions.js';

/** A confidence interval: it contains the true value with probability `level`. */
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
  /** The greatest value that it can have, e.g. 1 for a correlation; default Infinity. An end above it is moved down to it. */
  readonly most?: number;
}

/**
 * The interval of an estimate: of a mean value ± t·stderr, with t the quantile of Student's distribution for the estimate's degrees of
 * freedom (n - 1 where it does not say), corrected by Hall's transformation where the estimate carries its skewness; of an exact number the
 * number itself. Undefined where nothing is known of the spread: a mean of one sample, a bound, and estimates without a value. The level
 * holds exactly for normal samples and approximately for others. Throws `option-value` for a level that is not between 0 and 1.
 * Source: Student 1908; Hall 1992, "On the removal of skewness by transformation", J. R. Statist. Soc. B 54.
 */
export function interval(
  estimate: Estimate,
  { level = 0.95, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: IntervalOptions = {},
): Interval | undefined {
  if (!(level > 0 && level < 1)) {
    const expected = 'a probability between 0 and 1, both excluded';
    fail({ code: 'option-value', where: 'level of an interval', expected, got: String(level) });
  }
  const found = ends(estimate, level);
  if (found === undefined) return undefined;
  const [low, high] = found;
  const within = (end: number) => Math.min(most, Math.max(least, end));
  return { low: within(low), high: within(high), level };
}

function ends(estimate: Estimate, level: number): readonly [low: number, high: number] | undefined {
  switch (estimate.kind) {
    case 'mean':
      return endsOfMean(estimate, level);
    case 'exact':
      return [estimate.value, estimate.value];
    case 'bound':
    case 'censored':
    case 'invalid':
      return undefined;
  }
}

function endsOfMean(mean: MeanEstimate, level: number): readonly [low: number, high: number] | undefined {
  const { value, stderr, n, freedom = n - 1, skewness = 0 } = mean;
  if (n < 2 || Number.isNaN(stderr)) return undefined;
  const t = studentQuantile((1 + level) / 2, freedom);
  // At small levels the correction for skewness alone could move an end past the value.
  const below = Math.max(0, skewedQuantile(t, skewness));
  const above = Math.max(0, -skewedQuantile(-t, skewness));
  return [value - below * stderr, value + above * stderr];
}

/** Below this skewness the formula loses digits, and its correction is smaller than rounding. */
const NO_SKEWNESS = 1e-8;

/**
 * The quantile of (mean - truth) / stderr, from the quantile t of a symmetric distribution: the inverse of Hall's
 * g(T) = T + a·T²/3 + a²·T³/27 + a/6 with a the skewness of the mean.
 */
function skewedQuantile(t: number, skewness: number): number {
  if (Math.abs(skewness) < NO_SKEWNESS) return t;
  return (3 / skewness) * (Math.cbrt(1 + skewness * (t - skewness / 6)) - 1);
}
