import { holm, type PairedT, pairedT, signedRank, type WinDrawLoss, winDrawLoss } from '@onnxplain/core';
import { compared } from './compared.js';
import { numbersOf } from './numbers.js';
import type { RunRecord } from './record.js';
import { isEqual } from './standing.js';

/** Two explainers under one metric, compared over the inputs for which both have numbers. */
export interface PairOfExplainers {
  /** Indices of the explainers. Differences are those of `first` less `second`. */
  readonly first: number;
  readonly second: number;
  readonly n: number;
  /** On how many inputs `first` is better, as good and worse; numbers that are equal up to the rounding of float32 are a draw. */
  readonly counts: WinDrawLoss;
  readonly difference: Pick<PairedT, 'mean' | 'stderr' | 'interval'>;
  /** Two-sided p of the paired t-test, corrected by Holm's method for the number of pairs under the metric. */
  readonly tTest: number;
  /** Two-sided p of Wilcoxon's signed-rank test, corrected in the same way. */
  readonly signedRank: number;
}

type Compared = Pick<RunRecord, 'metrics' | 'explainers' | 'estimates'>;

/**
 * Compares every pair of explainers that a metric can compare, controls too, over at least two inputs. Invalid and censored numbers are
 * left out with their inputs.
 */
export function pairsOfExplainers(record: Compared, metric: number): readonly PairOfExplainers[] {
  const { metrics, explainers, estimates } = record;
  const numbers = explainers.map((_, explainer) => {
    const own = estimates.filter((cell) => cell.metric === metric && cell.explainer === explainer);
    return new Map(numbersOf(own).map(({ input, estimate }) => [input, estimate.value]));
  });
  const groups = compared(metrics[metric], explainers).map(({ members, controls }) => [
    ...members,
    ...controls,
  ]);
  const pairs = groups
    .flatMap((all) => all.flatMap((first, i) => all.slice(i + 1).map((second) => ({ first, second }))))
    .flatMap(({ first, second }) => {
      const shared = [...numbers[first]].flatMap(([input, a]) => {
        const b = numbers[second].get(input);
        return b === undefined ? [] : [[a, isEqual(a, b) ? a : b] as const];
      });
      const { better } = metrics[metric];
      return shared.length < 2 ? [] : [{ first, second, ...testsOf(shared, better) }];
    });
  const corrected = holm(pairs.map(({ tTest }) => tTest));
  const ranked = holm(pairs.map((pair) => pair.signedRank));
  return pairs.map((pair, i) => ({ ...pair, tTest: corrected[i], signedRank: ranked[i] }));
}

/** The comparison of one pair, with p-values that are not corrected. */
function testsOf(
  shared: readonly (readonly [number, number])[],
  better: 'lower' | 'higher',
): Omit<PairOfExplainers, 'first' | 'second'> {
  const [a, b] = [shared.map(([value]) => value), shared.map(([, value]) => value)];
  const { mean, stderr, interval, p } = pairedT(a, b);
  return {
    n: shared.length,
    counts: winDrawLoss(a, b, { better }),
    difference: { mean, stderr, interval },
    tTest: p.twoSided,
    signedRank: signedRank(a, b).p.twoSided,
  };
}
