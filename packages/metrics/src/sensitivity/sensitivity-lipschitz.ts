import { entry, type Metric, norm, parseOptions, z } from '@onnxplain/core';
import { distance } from './neighbours.js';
import { type SensitivityOptions, sensitivity, sensitivityOptions } from './sensitivity.js';

const options = z.strictObject(sensitivityOptions);

/** With `noise: 'fresh'` small δ divide pure noise. */
export type SensitivityLipschitzOptions = SensitivityOptions;

/**
 * Local Lipschitz estimate: the largest ‖Φ(x + δ) - Φ(x)‖₂ / ‖δ‖₂ over draws of δ in a ball, a lower bound of the maximum.
 * In units of Φ per unit of x; 0 is best. Draws with δ = 0 say nothing and count as 0.
 * Throws `not-applicable` when the subject lacks `explain`, `option-value` for a ball together with a perturbation.
 * Source: Alvarez-Melis & Jaakkola 2018; SENS_LIPS of [Y19] section 3.
 */
export function sensitivityLipschitz(given: SensitivityLipschitzOptions = {}): Metric {
  return sensitivity(
    {
      name: 'sensitivity-lipschitz',
      units: 'units of Φ per unit of x',
      comparable: 'same-kind',
      source: 'Yeh et al. 2019, section 3 (SENS_LIPS); Alvarez-Melis & Jaakkola 2018',
      value: 'largest ‖Φ(x + δ) - Φ(x)‖₂ / ‖δ‖₂ over draws of δ, a lower bound; draws with δ = 0 count as 0',
      async ask({ input, delta, explain }, { attribution }) {
        const length = norm(delta, 'l2');
        return length === 0 ? 0 : distance(await explain(input), attribution.values) / length;
      },
      numbers: (answers: readonly number[]) => answers,
    },
    parseOptions('sensitivity-lipschitz', options, { ...given }),
  );
}

export const sensitivityLipschitzEntry = entry({
  name: 'sensitivity-lipschitz',
  summary: 'Largest change of the explanation per distance over inputs near x.',
  positional: ['radius', 'draws', 'ball'],
  options,
  make: sensitivityLipschitz,
});
