import { defineAttack, option } from '@onnxplain/core';
import { MOST_STEPS, normOption, temperatureOption } from '../options.js';
import { recipeOf } from '../search/search-sets.js';
import { fmnSearch } from './fmn-search.js';

/**
 * Fast minimum-norm attack: steps along the normalised gradient of the soft margin, each projected onto a ball around the input, whose
 * radius falls while the margin is below 0 and rises while it is not. A line search ends it. A step costs one gradient and one forward
 * pass. Without class scores the direction is that of the margin (check `byClasses` false). Throws `attack-unproven` and `tensor-shape` as
 * all attacks do. Source: Pintor et al. 2021; the soft margin, the line search and the elements at the bounds, which do not count in the
 * length of a step, are differences from it.
 */
export const fmn = defineAttack({
  name: 'fmn',
  summary: 'Smallest perturbation by gradient steps on a ball whose radius adapts.',
  options: {
    steps: option.count(MOST_STEPS).default(40).describe('How many steps, each with one gradient.'),
    first: option
      .positive()
      .default(2)
      .describe('Length of the first step. Steps become shorter like a cosine, to a hundredth of it.'),
    temperature: temperatureOption(),
    norm: normOption(),
  },
  example: { steps: 30 },
  make: (options) => recipeOf(options.norm, fmnSearch(options)),
});
