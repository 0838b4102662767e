import { defineMetric, option, type Tensor } from '@onnxplain/core';
import {
  relevanceByRank,
  relevanceDefinition,
  relevanceNeeds,
  relevanceOptions,
  settleRelevance,
} from './relevant-features.js';

const name = 'precision-at-k';

/**
 * Precision at k: the share of the k features ranked first that are relevant by given labels, such as the keywords of a text or the mask
 * of an object. From 0 to 1; higher is better. Where there are fewer than k features, all of them are taken. It ignores the score.
 * Throws `option-value` for labels and inputs with other numbers of rows. Measuring throws `tensor-shape` for labels that do not fit the
 * input, and `not-applicable` for an input without labels, or without a relevant feature.
 */
export const precisionAtK = defineMetric({
  name,
  summary: 'Share of the first k features that are relevant by given labels.',
  options: {
    ...relevanceOptions,
    k: option.count().default(5).describe('How many features that are ranked first are looked at.'),
  },
  parts: (labels: Tensor) => ({ labels }),
  positional: ['labels', 'k'],
  example: { labels: { shape: [12], data: Float64Array.of(1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0) } },
  promises: ['exact', 'ignores-score'],
  settle: settleRelevance(name),
  make: ({ k, ...settings }, expression) => ({
    needs: relevanceNeeds(expression, settings),
    better: 'higher',
    units: 'share of the first features',
    source: 'precision of a ranking at a rank',
    least: 0,
    most: 1,
    definition: {
      value: `share of the ${k} features ranked first that are relevant`,
      ...relevanceDefinition(settings),
    },
    plannedCost: () => ({ forward: 0, backward: 0 }),
    async measure(subject, key) {
      const first = relevanceByRank(name, subject, { settings, key }).slice(0, k);
      return { estimate: { kind: 'exact', value: first.filter(Boolean).length / first.length } };
    },
  }),
});
