import {
  add,
  entry,
  type Key,
  type Metric,
  norm,
  option,
  parseOptions,
  scale,
  stream,
  subtract,
  type Tensor,
  toFloat64,
  z,
  zeros,
} from '@onnxplain/core';
import type { Neighbour } from './neighbours.js';
import { type SensitivityOptions, sensitivity, sensitivityOptions } from './sensitivity.js';

const options = z.strictObject({
  ...sensitivityOptions,
  step: option.positive().default(1e-3),
  directions: option.count().default(3),
});
type Options = z.output<typeof options>;

export interface SensitivityGradientOptions extends SensitivityOptions {
  /** Half the distance between the two explanations of a difference quotient, in units of the input; default 1e-3. */
  readonly step?: number;
  /**
   * Directions tried at each neighbour; default 3, two explanations each. The first is random, each further one is the
   * change of Φ that the last one caused: power iteration, which for symmetric Jacobians (gradients) finds the steepest one.
   */
  readonly directions?: number;
}

/**
 * Gradient of the explanation: the largest ‖∇Φ(x + δ)·e‖₂ over draws of δ in a ball and unit directions e, a lower bound of the
 * largest spectral norm of Φ's Jacobian in the ball. Directional derivatives are central difference quotients,
 * (Φ(y + h·e) - Φ(y - h·e)) / 2h. In units of Φ per unit of x; 0 is best.
 * The gradient of a ReLU network is piecewise constant: there the quotient is 0 or, across a kink, grows as 1/h.
 * Throws `not-applicable` when the subject lacks `explain`, `option-value` for a ball together with a perturbation.
 * Source: SENS_GRAD of [Y19] section 3.
 */
export function sensitivityGradient(given: SensitivityGradientOptions = {}): Metric {
  const settings = parseOptions('sensitivity-gradient', options, { ...given });
  const { step, directions } = settings;
  return sensitivity(
    {
      name: 'sensitivity-gradient',
      units: 'units of Φ per unit of x',
      comparable: 'same-kind',
      source: 'Yeh et al. 2019, section 3 (SENS_GRAD)',
      value:
        'largest ‖Φ(y + h·e) - Φ(y - h·e)‖₂ / 2h over draws of y near x and unit directions e, a lower bound',
      shown: { step, directions },
      definition: {
        step: `h = ${step}`,
        directions: `${directions} at each y: a random one, then the change of Φ that the last one caused`,
      },
      ask: (neighbour) => steepest(neighbour, settings),
    },
    settings,
  );
}

/** Largest difference quotient over the directions. */
async function steepest({ input, key, explain }: Neighbour, { step, directions }: Options): Promise<number> {
  const at = toFloat64(input);
  let direction: Tensor = randomDirection(at, key);
  let most = 0;
  for (let tried = 0; tried < directions; tried++) {
    const offset = scale(direction, step);
    const [ahead, behind] = await Promise.all([explain(add(at, offset)), explain(subtract(at, offset))]);
    const change = subtract(toFloat64(ahead), toFloat64(behind));
    const length = norm(change, 'l2');
    // A change of nothing has no direction to go on with.
    if (length === 0) break;
    most = Math.max(most, length / (2 * step));
    direction = scale(change, 1 / length);
  }
  return most;
}

/** Uniform on the unit sphere. */
function randomDirection(like: Tensor, key: Key): Tensor {
  const direction = zeros(like.shape);
  stream(key).fillNormal(direction.data);
  return scale(direction, 1 / norm(direction, 'l2'));
}

export const sensitivityGradientEntry = entry({
  name: 'sensitivity-gradient',
  summary: 'Largest directional derivative of the explanation over inputs near x.',
  positional: ['radius', 'draws', 'ball'],
  options,
  make: sensitivityGradient,
});
