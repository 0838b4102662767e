import { type Metric, noisyBaseline, square } from '@onnxplain/core';
import { infidelity } from './infidelity/infidelity.js';
import { sensitivityMax } from './sensitivity/sensitivity-max.js';

/**
 * The metrics as the authors' released program of [Y19] computes them, which is not what the paper says: infidelity is always
 * rescaled (`scale: 'optimal'`), the noisy baseline is clipped to keep inputs in [0, 1], squares are all of side 1 to 10
 * rather than sampled, and max-sensitivity is taken in an L∞ box, divided by ‖Φ(x)‖₂ and includes the explainer's noise.
 * `local` is for local explanations, `global` for explanations times the input; inputs are images in [0, 1], f is the logit
 * of the true class.
 */
export const paperCode: Readonly<Record<'local' | 'global', { infidelity: Metric; sensitivityMax: Metric }>> =
  {
    local: {
      infidelity: infidelity(noisyBaseline({ sigma: 0.2, clip: [0, 1] }), {
        draws: 10_000,
        scale: 'optimal',
      }),
      sensitivityMax: authorsSensitivity(0.2),
    },
    global: {
      infidelity: infidelity(square({ sizes: [1, 10], positions: 'all' }), { scale: 'optimal' }),
      sensitivityMax: authorsSensitivity(0.1),
    },
  };

function authorsSensitivity(radius: number): Metric {
  return sensitivityMax({ radius, draws: 50, ball: 'linf', normalize: true, noise: 'fresh' });
}
