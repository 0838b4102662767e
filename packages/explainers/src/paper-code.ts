import { coalitions, type Explainer, noisyBaseline, square, uniform } from '@onnxplain/core';
import { gradient } from './gradient.js';
import { optimal } from './optimal/optimal.js';
import { integratedGradients } from './path/integrated-gradients.js';
import { pathGradient } from './path/path-gradient.js';
import { smooth } from './smooth/smooth.js';
import { timesInput } from './times-input.js';

const noise = uniform({ radius: 0.2 });
const path = { steps: 10, rule: 'left' } as const;
const noisy = optimal(noisyBaseline({ sigma: 0.2, clip: [0, 1] }), { draws: 20_000 });

/**
 * The explanations as the authors' released program of [Y19] computes them, for images in [0, 1] and f the logit of the true class: ten
 * left-Riemann points, uniform smoothing noise of ±0.2 with 500 draws (local) or 50 (global), the noisy baseline clipped to [0, 1], all
 * squares of side 1 to 10, SHAP by uniform sets with the kernel of one feature fewer and no constraint on the sum. Smoothing averages
 * after the product with the noisy input. Their guided backpropagation is left out: in the released program it is the plain gradient.
 */
export const paperCodeExplainers: Readonly<Record<'local' | 'global', Readonly<Record<string, Explainer>>>> =
  {
    local: {
      gradient: gradient(),
      'gradient-smooth': smooth(gradient(), noise, { draws: 500 }),
      'integrated-gradients': pathGradient(path),
      'integrated-gradients-smooth': smooth(pathGradient(path), noise, { draws: 500 }),
      'noisy-baseline': noisy,
    },
    global: {
      gradient: timesInput(gradient()),
      'gradient-smooth': smooth(timesInput(gradient()), noise, { draws: 50 }),
      'integrated-gradients': integratedGradients(path),
      'integrated-gradients-smooth': smooth(integratedGradients(path), noise, { draws: 50 }),
      'noisy-baseline': timesInput(noisy),
      shap: optimal(coalitions({ sampling: 'uniform', kernel: 'paper-code' }), { draws: 20_000 }),
      square: optimal(square({ sizes: [1, 10], positions: 'all' })),
    },
  };
