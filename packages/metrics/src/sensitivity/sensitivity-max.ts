import { entry, expression, type Metric, norm, parseOptions, z } from '@onnxplain/core';
import { type BallOptions, ballOf, ballOptions } from './ball.js';
import {
  distance,
  largestNear,
  type Neighbour,
  type Noise,
  noiseDefinition,
  noiseOption,
  showNoise,
} from './neighbours.js';

const options = z.strictObject({
  ...ballOptions,
  normalize: z.boolean('true or false').default(false),
  noise: noiseOption(),
});

export interface SensitivityMaxOptions extends BallOptions {
  /** Divide by ‖Φ(x)‖₂, as the authors' program, Captum and Quantus do; default false, Definition 3.1. */
  readonly normalize?: boolean;
  /**
   * Randomness of a stochastic explainer: `shared` (default) uses the attribution's own key everywhere, so that only the input
   * changes; `fresh` a new key for each neighbour, as the authors' program, which adds the explainer's noise to the number.
   */
  readonly noise?: Noise;
}

/**
 * Max-sensitivity: the largest ‖Φ(x + δ) - Φ(x)‖₂ over draws of δ in a ball, a lower bound of the maximum over the ball. In units of
 * Φ, or without unit when normalised. 0 is best. [Y19] Definition 3.1.
 * Invalid when an explanation is not finite, and when the norm to divide by is 0.
 * Throws `not-applicable` when the subject lacks `explain`, `option-value` for a ball together with a perturbation.
 */
export function sensitivityMax(given: SensitivityMaxOptions = {}): Metric {
  const settings = parseOptions('sensitivity-max', options, { ...given });
  const { normalize, noise } = settings;
  const ball = ballOf('sensitivity-max', settings);
  return {
    name: 'sensitivity-max',
    expression: expression('sensitivity-max', [], {
      ...ball.shown,
      normalize: normalize || undefined,
      noise: showNoise(noise),
    }),
    better: 'lower',
    units: normalize ? 'fraction of ‖Φ(x)‖₂' : 'units of Φ',
    source: 'Yeh et al. 2019, Definition 3.1',
    definition: {
      value: `largest ‖Φ(x + δ) - Φ(x)‖₂${normalize ? ' / ‖Φ(x)‖₂' : ''} over draws of δ, a lower bound`,
      ...ball.definition,
      normalize: normalize ? 'by ‖Φ(x)‖₂; invalid when that is 0' : 'no',
      noise: noiseDefinition[noise],
    },
    measure: async (subject, key) => {
      const here = subject.attribution.values;
      const unit = normalize ? norm(here, 'l2') : 1;
      if (unit === 0) return { kind: 'invalid', reason: 'the explanation to divide by is all zero', n: 0 };
      const ask = async ({ input, explain }: Neighbour) => distance(await explain(input), here) / unit;
      return largestNear({ where: 'sensitivity-max', ball, noise, ask }, subject, key);
    },
  };
}

export const sensitivityMaxEntry = entry({
  name: 'sensitivity-max',
  summary: 'Largest change of the explanation over inputs near x.',
  positional: ['radius', 'draws', 'ball'],
  options,
  make: sensitivityMax,
});
