import { defineAttack, option } from '@onnxplain/core';
import { MOST_DRAWS, MOST_STARTS, MOST_STEPS, normOption } from '../options.js';
import { recipeOf } from '../search/search-sets.js';
import { decisionDefaults, decisionSearch } from './search.js';

/**
 * Attack for scores without gradients, such as trees: it sees only whether the margin is below 0. Each of several points of a set starts
 * in a direction of its own, is moved to the boundary, and has its elements set back to the input one after the other, which is what the
 * thresholds of trees need. Steps along the direction that random points around it estimate follow, for smooth boundaries, and then
 * elements are set back again. A start costs about 16 + 20 + 17 · (changed elements, at most 64) · 2 + steps · (draws + 24) evaluations,
 * and no gradient. Throws `attack-unproven` and `tensor-shape` as all attacks do. Source: Chen et al. 2020 (HopSkipJump) for the steps.
 */
export const decision = defineAttack({
  name: 'decision',
  summary:
    'Smallest perturbation from the sign of the margin alone, for trees and other scores without gradients.',
  options: {
    starts: option
      .count(MOST_STARTS)
      .default(decisionDefaults.starts)
      .describe('How many points of each set are searched.'),
    steps: option
      .index(MOST_STEPS)
      .default(decisionDefaults.steps)
      .describe('Steps along estimated directions; 0: none, which suffices for trees.'),
    draws: option
      .count(MOST_DRAWS)
      .default(decisionDefaults.draws)
      .describe('Random points of each estimate of a direction.'),
    norm: normOption(),
  },
  example: { starts: 4, steps: 3, draws: 24 },
  make: (options) => ({ ...recipeOf(options.norm, decisionSearch(options)), gradients: false }),
});
