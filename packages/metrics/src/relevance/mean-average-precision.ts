import { defineMetric, type Tensor } from '@onnxplain/core';
import {
  relevanceByRank,
  relevanceDefinition,
  relevanceNeeds,
  relevanceOptions,
  settleRelevance,
} from './relevant-features.js';

const name = 'mean-average-precision';

/**
 * Average precision of a ranking by given labels: the mean, over the relevant features, of the precision at the rank of each. 1 where all
 * relevant features come first. Higher is better; the mean over inputs is mAP. It ignores the score. Labels and errors are those of
 * `precision-at-k`.
 */
export const meanAveragePrecision = defineMetric({
  name,
  summary: 'Mean precision at the ranks of the features that are relevant by given labels.',
  options: relevanceOptions,
  parts: (labels: Tensor) => ({ labels }),
  positional: ['labels'],
  example: { labels: { shape: [12], data: Float64Array.of(1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0) } },
  promises: ['exact', 'ignores-score'],
  settle: settleRelevance(name),
  make: (settings, expression) => ({
    needs: relevanceNeeds(expression, settings),
    better: 'higher',
    units: 'average precision',
    source: 'average precision of a ranking',
    least: 0,
    most: 1,
    definition: {
      value: 'mean of the precision at the rank of each relevant feature',
      ...relevanceDefinition(settings),
    },
    plannedCost: () => ({ forward: 0, backward: 0 }),
    async measure(subject, key) {
      return {
        estimate: {
          kind: 'exact',
          value: averagePrecision(relevanceByRank(name, subject, { settings, key })),
        },
      };
    },
  }),
});

function averagePrecision(relevant: readonly boolean[]): number {
  let [found, sum] = [0, 0];
  relevant.forEach((each, rank) => {
    if (!each) return;
    found++;
    sum += found / (rank + 1);
  });
  return sum / found;
}
