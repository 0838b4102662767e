import { defineAttack, option } from '@onnxplain/core';
import { MOST_STARTS, MOST_STEPS, normOption } from '../options.js';
import { recipeOf } from '../search/search-sets.js';
import { pgdSearch } from './search.js';

/**
 * Projected gradient descent with a binary search of the radius, the attack of [H21] (section 3; its program is `paperCodeAttacks.pgd`).
 * Each call of the descent asks whether there is a perturbation of at most the radius; the radius starts at `radius`, is multiplied by 10
 * until one is found and divided by 10 until none is, and then the interval is halved until it is at most `tolerance`: at most 25 calls,
 * of `steps` gradients each. With `judge` 'every' a call ends at the first point found, and its norm bounds the radius. Check `radius` is
 * the smallest radius at which a call found a point; check `restartGain` the share by which restarts made the norm smaller. Throws
 * `attack-unproven` and `tensor-shape` as all attacks do. Source: Madry et al. 2018; [H21] section 3.
 */
export const pgd = defineAttack({
  name: 'pgd',
  summary: 'Smallest perturbation by projected gradient descent and a binary search of the radius.',
  options: {
    steps: option.count(MOST_STEPS).default(100).describe('Steps of each descent, each with one gradient.'),
    step: option.positive().default(1).describe('Length of a step, in the norm.'),
    radius: option.positive().default(10).describe('The first radius of the search.'),
    tolerance: option
      .positive()
      .default(1e-3)
      .describe('Width of the interval of radii at which the search ends.'),
    restarts: option
      .count(MOST_STARTS)
      .default(1)
      .describe(
        'Descents at each radius. The first starts at the input, the others at random points of the ball.',
      ),
    judge: option
      .choice(['every', 'last'])
      .default('every')
      .describe(
        'Which points of a descent count: every one, or the last one only, as in the program of [H21].',
      ),
    objective: option
      .choice(['logit', 'margin', 'soft-margin', 'cross-entropy'])
      .default('logit')
      .describe('What the descent makes small. A score without class scores has the margin only.'),
    norm: normOption(),
  },
  example: { steps: 20, step: 0.2, restarts: 2 },
  make: (options) => recipeOf(options.norm, pgdSearch(options)),
});
