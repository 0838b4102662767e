import { defineExplainer, fold, option } from '@onnxplain/core';
import { backgroundOption, backgroundRows, meanTowardsBackground, rowsOf } from './background.js';

/**
 * GradientSHAP: the mean of (x' - b)·gradient of f at b + a·(x' - b) over draws of a baseline b from the background, of a uniform in [0,
 * 1) and of x' = x + noise. It is the smoothed form of `expected-gradients`, an approximation of Shapley values. Global, in units of f.
 * `stderr` is the standard error of each mean. The values add up to the mean of f(x') less the mean of f over the background; `residual`
 * is f(x) less the latter less their sum, so it does not go to 0 where the noise changes f. Noise is not clipped. Evaluates a gradient for
 * each draw, and f at x and at every baseline. Throws what `expected-gradients` throws.
 * Source: Lundberg and Lee 2017, and the GradientExplainer of their program.
 */
export const gradientShap = defineExplainer({
  name: 'gradient-shap',
  summary:
    'Gradients at random points between baselines of a background and the input with noise (GradientSHAP).',
  options: {
    background: backgroundOption('The baselines.'),
    sigma: option
      .positive()
      .describe(
        'Standard deviation of the noise on the input, in its units. Without noise it is expected-gradients.',
      ),
    draws: option
      .count()
      .default(200)
      .describe('Number of gradients; the standard error falls as 1/sqrt(draws).'),
  },
  positional: ['background', 'sigma', 'draws'],
  example: { background: [0], sigma: 0.1, draws: 20 },
  make: ({ background, sigma, draws }, expression) => ({
    kind: 'global',
    plannedCost: () => ({ forward: 1 + rowsOf(background), backward: draws }),
    async explain(f, x, key) {
      const baselines = backgroundRows('gradient-shap', background, x.shape);
      return meanTowardsBackground(
        expression,
        { f, x, baselines },
        { draws, sigma, key: fold(key, 'gradient-shap') },
      );
    },
  }),
});
