import { fail } from '../error.js';
import { meanRanks } from './mean-ranks.js';
import { covariance } from './pairs.js';

/**
 * Spearman's rank correlation of pairs of numbers: the correlation of their ranks, from -1 to 1, where equal numbers share their mean rank.
 * NaN where a number is NaN, and where all numbers of one side are equal. Throws `tensor-shape` for arrays of different lengths.
 * Source: Spearman 1904.
 */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) {
    const [expected, got] = ['a number of both for every pair', `${a.length} and ${b.length} numbers`];
    fail({ code: 'tensor-shape', where: 'rank correlation', expected, got });
  }
  const isMissing = (numbers: ArrayLike<number>) => Array.from(numbers).some(Number.isNaN);
  if (isMissing(a) || isMissing(b)) return Number.NaN;
  const [ranksA, ranksB] = [meanRanks(a), meanRanks(b)];
  let state = covariance.init();
  ranksA.forEach((rank, i) => {
    state = covariance.add(state, [rank, ranksB[i]]);
  });
  const { covariance: shared, variance } = covariance.value(state);
  return shared / Math.sqrt(variance[0] * variance[1]);
}
