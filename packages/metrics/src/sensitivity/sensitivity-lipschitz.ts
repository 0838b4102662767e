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

const options = z.strictObject({ ...ballOptions, noise: noiseOption() });

export interface SensitivityLipschitzOptions extends BallOptions {
  /** Randomness of a stochastic explainer, as in `sensitivityMax`; default `shared`. With `fresh` small δ divide pure noise. */
  readonly noise?: Noise;
}

/**
 * Local Lipschitz estimate: the largest ‖Φ(x + δ) - Φ(x)‖₂ / ‖δ‖₂ over draws of δ in a ball, a lower bound of the maximum.
 * In units of Φ per unit of x; 0 is best. Draws with δ = 0 say nothing and count as 0.
 * Throws `not-applicable` when the subject lacks `explain`, `option-value` for a ball together with a perturbation.
 * Source: Alvarez-Melis & Jaakkola 2018; SENS_LIPS of [Y19] section 3.
 */
export function sensitivityLipschitz(given: SensitivityLipschitzOptions = {}): Metric {
  const settings = parseOptions('sensitivity-lipschitz', options, { ...given });
  const { noise } = settings;
  const ball = ballOf('sensitivity-lipschitz', settings);
  return {
    name: 'sensitivity-lipschitz',
    expression: expression('sensitivity-lipschitz', [], { ...ball.shown, noise: showNoise(noise) }),
    better: 'lower',
    units: 'units of Φ per unit of x',
    source: 'Yeh et al. 2019, section 3 (SENS_LIPS); Alvarez-Melis & Jaakkola 2018',
    definition: {
      value: 'largest ‖Φ(x + δ) - Φ(x)‖₂ / ‖δ‖₂ over draws of δ, a lower bound; draws with δ = 0 count as 0',
      ...ball.definition,
      noise: noiseDefinition[noise],
    },
    measure: (subject, key) => {
      const here = subject.attribution.values;
      const ask = async ({ input, delta, explain }: Neighbour) => {
        const length = norm(delta, 'l2');
        return length === 0 ? 0 : distance(await explain(input), here) / length;
      };
      return largestNear({ where: 'sensitivity-lipschitz', ball, noise, ask }, subject, key);
    },
  };
}

export const sensitivityLipschitzEntry = entry({
  name: 'sensitivity-lipschitz',
  summary: 'Largest change of the explanation per distance over inputs near x.',
  positional: ['radius', 'draws', 'ball'],
  options,
  make: sensitivityLipschitz,
});
