import { defineMetric, norm } from '@onnxplain/core';
import type { NextOffset } from './ascent.js';
import { settleBall } from './ball.js';
import { distance } from './neighbours.js';
import { positional, sensitivity, sensitivityOptions } from './sensitivity.js';

const name = 'sensitivity-lipschitz';

/** Shares of the way to the surface of the ball that the points of an ascent go in turn. */
const SHARES = [1, 1 / 2, 1 / 4, 1 / 8];

/** An offset along the direction, at one of the shares of the way to the surface of the ball. */
const alongDirection: NextOffset = (direction, { norm: order, radius }, step) => {
  const length = norm({ shape: [direction.length], data: direction }, order);
  if (length === 0) return direction;
  return direction.map((value) => (SHARES[step % SHARES.length] * radius * value) / length);
};

/**
 * Local Lipschitz estimate: the largest ‖Φ(x + δ) - Φ(x)‖₂ / ‖δ‖₂ over draws of δ in a ball, a lower bound of the maximum.
 * In units of Φ per unit of x; 0 is best. Draws with δ = 0 tell nothing and count as 0. With `noise: 'fresh'` the noise of the explainer
 * is divided by small δ. With `search: 'ascent'` the points go 1, 1/2, 1/4 and 1/8 of the way to the surface of the ball in turn: where the
 * explanation jumps, as the gradient of a ReLU network does at kinks, the quotient grows without bound as δ shrinks, so that the number
 * says how near the search came to a kink.
 * Throws `option-value` for a ball together with a perturbation. Measuring throws `not-applicable` when the subject has no `explain`, and
 * for a ranking.
 * Source: Alvarez-Melis & Jaakkola 2018; SENS_LIPS of [Y19] section 3.
 */
export const sensitivityLipschitz = defineMetric({
  name,
  summary: 'Largest change of the explanation per distance over inputs near x.',
  options: sensitivityOptions,
  positional,
  example: { draws: 5 },
  promises: ['lower-bound', 'random', 'monotone', 'zero-when-exact', 'positive-when-curved'],
  settle: (options) => settleBall(name, options),
  make: (settings) =>
    sensitivity(
      {
        where: name,
        units: 'units of Φ per unit of x',
        comparable: 'same-kind',
        source: 'Yeh et al. 2019, section 3 (SENS_LIPS); Alvarez-Melis & Jaakkola 2018',
        value:
          'largest ‖Φ(x + δ) - Φ(x)‖₂ / ‖δ‖₂ over draws of δ, a lower bound; draws with δ = 0 count as 0',
        async compute({ delta, explained }, { attribution }) {
          const length = norm(delta(), 'l2');
          return length === 0 ? 0 : distance(await explained(), attribution.values) / length;
        },
        numbers: (results: readonly number[]) => results,
        next: alongDirection,
      },
      settings,
    ),
});
