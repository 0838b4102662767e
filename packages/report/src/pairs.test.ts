import { holm, pairedT, signedRank } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { pairsOfExplainers } from './pairs.js';
import type { EstimateCell, ExplainerRecord, MetricRecord } from './record.js';

const key = { hi: 0, lo: 0 };
/** Numbers of three explainers on four inputs; the third is a control, and lacks one. */
const numbers = [
  [1, 2, 3, 4],
  [1.5, 2 + 1e-9, 2.5, 5],
  [3, Number.NaN, 4, 6],
];
const estimates = numbers.flatMap((values, explainer) =>
  values.map((value, input): EstimateCell => {
    const estimate = Number.isNaN(value)
      ? ({ kind: 'censored', above: 1, n: 1 } as const)
      : ({ kind: 'exact', value } as const);
    return { input, explainer, metric: 0, status: 'done', key, estimate };
  }),
);
const explainers: readonly ExplainerRecord[] = [
  { expression: 'a', kind: 'local' },
  { expression: 'b', kind: 'global' },
  { expression: 'c', kind: 'local', control: true },
];
const metricOf = (change: Partial<MetricRecord> = {}): MetricRecord => ({
  ...{ name: 'm', expression: 'm', better: 'lower', units: '', source: '', definition: {} },
  ...change,
});
const pairsOf = (change?: Partial<MetricRecord>) =>
  pairsOfExplainers({ metrics: [metricOf(change)], explainers, estimates }, 0);

describe('pairs of explainers', () => {
  it('are compared over the inputs for which both have numbers', () => {
    const pairs = pairsOf();
    expect(pairs.map(({ first, second, n }) => [first, second, n])).toEqual([
      [0, 1, 4],
      [0, 2, 3],
      [1, 2, 3],
    ]);
    const { mean, stderr, interval } = pairedT([1, 3, 4], [3, 4, 6]);
    expect(pairs[1].difference).toEqual({ mean, stderr, interval });
  });

  it('win, draw and lose by which numbers are better, and draw where they are equal up to rounding', () => {
    expect(pairsOf()[0].counts).toEqual({ win: 2, draw: 1, loss: 1 });
    expect(pairsOf({ better: 'higher' })[0].counts).toEqual({ win: 1, draw: 1, loss: 2 });
  });

  it('have p-values that are corrected for the number of pairs', () => {
    const samples = [
      [
        [1, 2, 3, 4],
        [1.5, 2, 2.5, 5],
      ],
      [
        [1, 3, 4],
        [3, 4, 6],
      ],
      [
        [1.5, 2.5, 5],
        [3, 4, 6],
      ],
    ] as const;
    const pairs = pairsOf();
    const tTests = holm(samples.map(([a, b]) => pairedT(a, b).p.twoSided));
    const ranks = holm(samples.map(([a, b]) => signedRank(a, b).p.twoSided));
    expect(pairs.map(({ tTest }) => tTest)).toEqual(tTests);
    expect(pairs.map((pair) => pair.signedRank)).toEqual(ranks);
  });

  it('are of one kind where the metric compares only attributions of one kind', () => {
    expect(pairsOf({ comparable: 'same-kind' }).map(({ first, second }) => [first, second])).toEqual([
      [0, 2],
    ]);
  });

  it('are none where there is one input', () => {
    const one = estimates.filter(({ input }) => input === 0);
    expect(pairsOfExplainers({ metrics: [metricOf()], explainers, estimates: one }, 0)).toEqual([]);
  });
});
