import { defineAttack, option } from '@onnxplain/core';
import { MOST_STEPS, normOption, temperatureOption } from '../options.js';
import { recipeOf } from '../search/search-sets.js';
import { sqpSearch } from './search.js';

/**
 * Minimum-norm attack by sequential quadratic programming. Each step makes the margin linear at the present point and moves towards the
 * point nearest to the input at which that linear margin is below 0, within the bounds and the free elements. This projection is exact for
 * each norm. The direction is the gradient of a soft margin, which counts all classes that may win; where the score has no class scores,
 * it is that of the margin (check `byClasses` false). The last step starts from the best point. A step costs one gradient and one forward
 * pass, the line searches about 15 forward passes, and the choice of a class one gradient for each other class and input, at most 9. A
 * targeted margin takes two gradients more for each of the nine best other classes and set. Throws `attack-unproven` and `tensor-shape` as
 * all attacks do. Source: the linear step of DeepFool (Moosavi-Dezfooli et al. 2016), projected from the input as in Croce and Hein 2020.
 */
export const sqp = defineAttack({
  name: 'sqp',
  summary: 'Smallest perturbation by repeated exact projection onto the linearised margin.',
  options: {
    steps: option.count(MOST_STEPS).default(40).describe('How many steps, each with one gradient.'),
    temperature: temperatureOption(),
    norm: normOption(),
  },
  example: { steps: 12 },
  make: (options) => recipeOf(options.norm, sqpSearch(options)),
});
