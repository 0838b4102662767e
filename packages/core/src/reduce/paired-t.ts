import { fail } from '../error.js';
import { studentTail } from './distributions.js';
import { type Interval, interval } from './interval.js';
import { moments } from './moments.js';
import { differencesOf } from './paired.js';

/** Probabilities, were there no difference, of a test statistic at least as extreme as the one found. */
export interface PValues {
  readonly twoSided: number;
  /** Against "a is greater than b". */
  readonly greater: number;
  /** Against "a is less than b". */
  readonly less: number;
}

/** The result of a paired t-test of a - b. */
export interface PairedT {
  readonly n: number;
  /** Mean of a - b. */
  readonly mean: number;
  /** Standard error of the mean. */
  readonly stderr: number;
  /** mean / stderr; infinite where all differences are equal and not 0, and 0 where all are 0. */
  readonly t: number;
  /** n - 1. */
  readonly freedom: number;
  readonly p: PValues;
  /** Where the true mean of a - b lies with probability `level`. */
  readonly interval: Interval;
}

export interface PairedTOptions {
  /** Probability that the interval holds the true mean difference; default 0.95. */
  readonly level?: number;
}

/**
 * The paired t-test: whether the mean of a - b over n pairs, such as two explainers on n inputs, differs from 0. It holds exactly for
 * normal differences and approximately for others when n is large. Differences that are all equal have no spread: p is then 0, or 1 where
 * they are all 0. Throws `tensor-shape` for arrays of different lengths and for fewer than two pairs, `non-finite` for numbers that are not
 * finite, and `option-value` for a level that is not between 0 and 1. Source: Student 1908.
 */
export function pairedT(
  a: readonly number[],
  b: readonly number[],
  { level = 0.95 }: PairedTOptions = {},
): PairedT {
  const differences = differencesOf('paired t-test', a, b);
  const { n, mean, stderr } = moments.value(differences.reduce(moments.add, moments.init()));
  const found = interval({ kind: 'mean', value: mean, stderr, n }, { level });
  if (found === undefined) {
    return fail({
      code: 'tensor-shape',
      where: 'paired t-test',
      expected: 'at least two pairs',
      got: `${n}`,
    });
  }
  const freedom = n - 1;
  const t = mean === 0 ? 0 : mean / stderr;
  return { n, mean, stderr, t, freedom, p: pValuesOf(t, freedom), interval: found };
}

function pValuesOf(t: number, freedom: number): PValues {
  return {
    twoSided: Math.min(1, 2 * studentTail(Math.abs(t), freedom)),
    greater: studentTail(t, freedom),
    less: studentTail(-t, freedom),
  };
}
