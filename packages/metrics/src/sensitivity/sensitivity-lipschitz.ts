import { defineMetric, norm } from '@onnxplain/core';
import { settleBall } from './ball.js';
import { distance } from './neighbours.js';
import { positional, sensitivity, sensitivityOptions } from './sensitivity.js';

const name = 'sensitivity-lipschitz';

/**
 * Local Lipschitz estimate: the largest ‖Φ(x + δ) - Φ(x)‖₂ / ‖δ‖₂ over draws of δ in a ball, a lower bound of the maximum.
 * In units of Φ per unit of x; 0 is best. Draws with δ = 0 tell nothing and count as 0. With `noise: 'fresh'` the noise of the explainer
 * is divided by small δ.
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
        async compute({ input, delta, explain }, { attribution }) {
          const length = norm(delta, 'l2');
          return length === 0 ? 0 : distance(await explain(input), attribution.values) / length;
        },
        numbers: (results: readonly number[]) => results,
      },
      settings,
    ),
});
