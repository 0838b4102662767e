import { fail } from '../error.js';
import { normalTail } from './distributions.js';
import { meanRanks } from './mean-ranks.js';
import { differencesOf } from './paired.js';
import type { PValues } from './paired-t.js';

/** The result of a signed-rank test of a - b. */
export interface SignedRank {
  /** How many differences are not 0: these are ranked. */
  readonly n: number;
  /** How many differences are 0; they are left out. */
  readonly zeros: number;
  /** Sum of the ranks of the positive differences; n·(n + 1)/4 is expected where there is no difference. */
  readonly positive: number;
  /**
   * How the p-values were computed. 'exact': from all 2ⁿ signs of the ranks that were found, ties included. 'normal': by the normal
   * distribution with its variance corrected for ties, and a continuity correction of 1/2.
   */
  readonly method: 'exact' | 'normal';
  readonly p: PValues;
}

export interface SignedRankOptions {
  /** Up to how many differences other than 0 the p-values are exact, from 0 to 500; default 50. The time grows as its cube. */
  readonly exactUpTo?: number;
}

const MOST_EXACT = 500;

/**
 * Wilcoxon's signed-rank test: whether the differences a - b of n pairs lie symmetrically around 0. It assumes no distribution beyond that
 * symmetry. Differences of 0 are left out and equal sizes share their mean rank. With no difference at all, every p is 1.
 * Throws `tensor-shape` for arrays of different lengths, `non-finite` for numbers that are not finite, and `option-value` for a limit that
 * is not from 0 to 500. Source: Wilcoxon 1945.
 */
export function signedRank(
  a: readonly number[],
  b: readonly number[],
  { exactUpTo = 50 }: SignedRankOptions = {},
): SignedRank {
  const where = 'signed-rank test';
  if (!(exactUpTo >= 0 && exactUpTo <= MOST_EXACT)) {
    const expected = `exactUpTo from 0 to ${MOST_EXACT}`;
    fail({ code: 'option-value', where, expected, got: `${exactUpTo}` });
  }
  const differences = differencesOf(where, a, b).filter((difference) => difference !== 0);
  const n = differences.length;
  // Twice a mean rank is whole.
  const doubled = Array.from(meanRanks(differences.map(Math.abs)), (rank) => 2 * rank);
  const sum = doubled.reduce((all, rank, i) => all + (differences[i] > 0 ? rank : 0), 0);
  const method = n <= exactUpTo ? 'exact' : 'normal';
  const p = method === 'exact' ? exactP(doubled, sum) : normalP(doubled, sum);
  return { n, zeros: a.length - n, positive: sum / 2, method, p };
}

/** Counts the signs with every sum of ranks, one rank after the other. */
function exactP(doubled: readonly number[], sum: number): PValues {
  const total = doubled.reduce((all, rank) => all + rank, 0);
  const chance = new Float64Array(total + 1);
  chance[0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    reached += rank;
    for (let at = reached; at >= 0; at--) {
      chance[at] = (chance[at] + (at >= rank ? chance[at - rank] : 0)) / 2;
    }
  }
  const greater = chance.subarray(sum).reduce((all, each) => all + each, 0);
  const less = chance.subarray(0, sum + 1).reduce((all, each) => all + each, 0);
  return twoSided(greater, less);
}

function normalP(doubled: readonly number[], sum: number): PValues {
  const [total, squares] = [
    doubled.reduce((all, rank) => all + rank, 0),
    doubled.reduce((all, rank) => all + rank * rank, 0),
  ];
  // Each rank is in the sum with probability 1/2, whatever ties there are: the variance is a quarter of the sum of squares.
  const deviation = Math.sqrt(squares) / 2;
  const excess = sum - total / 2;
  // A step of 1 in the doubled sum is the half of a rank.
  return twoSided(normalTail((excess - 1) / deviation), normalTail((-excess - 1) / deviation));
}

const twoSided = (greater: number, less: number): PValues => ({
  twoSided: Math.min(1, 2 * Math.min(greater, less)),
  greater: Math.min(1, greater),
  less: Math.min(1, less),
});
