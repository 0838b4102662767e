import { type Entry, entry } from '../options.js';
import type { Perturbation } from '../types.js';
import { differenceOptions, differenceToBaseline, noisyBaseline, noisyBaselineOptions } from './baseline.js';
import { fixed, fixedOptions } from './fixed.js';
import { gaussian, gaussianOptions, uniform, uniformOptions } from './noise.js';
import { square, squareOptions } from './square.js';
import { subset, subsetOptions } from './subset.js';

/** Every perturbation that can be made by name. */
export const perturbations: Readonly<Record<string, Entry<Perturbation>>> = {
  gaussian: entry({
    name: 'gaussian',
    summary: 'adds normal noise to every element',
    positional: ['sigma'],
    options: gaussianOptions,
    make: gaussian,
  }),
  uniform: entry({
    name: 'uniform',
    summary: 'adds noise that is uniform in a box or a ball',
    positional: ['radius'],
    options: uniformOptions,
    make: uniform,
  }),
  'difference-to-baseline': entry({
    name: 'difference-to-baseline',
    summary: 'replaces the whole input by the baseline, once',
    positional: ['baseline'],
    options: differenceOptions,
    make: differenceToBaseline,
  }),
  'noisy-baseline': entry({
    name: 'noisy-baseline',
    summary: 'replaces the whole input by noise around the baseline',
    positional: ['sigma'],
    options: noisyBaselineOptions,
    make: noisyBaseline,
  }),
  subset: entry({
    name: 'subset',
    summary: 'removes each feature with a probability',
    positional: ['probability'],
    options: subsetOptions,
    make: subset,
  }),
  square: entry({
    name: 'square',
    summary: 'removes a square of the image',
    positional: ['size'],
    options: squareOptions,
    make: square,
  }),
  fixed: entry({
    name: 'fixed',
    summary: 'takes stored perturbations',
    positional: ['deltas', 'inputs', 'masks'],
    options: fixedOptions,
    make: ({ deltas, inputs, masks }) => fixed(deltas, inputs, masks),
  }),
};
