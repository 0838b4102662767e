import { defineExplainer, fold, option } from '@onnxplain/core';
import { backgroundOption, backgroundRows, meanTowardsBackground, rowsOf } from './background.js';

/**
 * Expected gradients: the mean of (x - b)·gradient of f at b + a·(x - b) over draws of a baseline b from the background and of a uniform
 * in [0, 1). It is the mean of integrated gradients over the background. Global, in units of f. `stderr` is the standard error of each
 * mean. The values add up to f(x) less the mean of f over the background, up to `residual`, which falls with the number of draws.
 * Evaluates a gradient for each draw, and f at x and at every baseline.
 * Explaining throws `tensor-shape` for a background that does not fit the input, `non-finite` where f has no number at x or at a
 * baseline.
 * Source: Erion et al. 2021.
 */
export const expectedGradients = defineExplainer({
  name: 'expected-gradients',
  summary: 'Integrated gradients averaged over baselines that are drawn from a background.',
  options: {
    background: backgroundOption('The baselines.'),
    draws: option
      .count()
      .default(200)
      .describe('Number of gradients; the standard error falls as 1/sqrt(draws).'),
  },
  positional: ['background', 'draws'],
  example: { background: [0], draws: 20 },
  promises: ['exact-on-linear'],
  make: ({ background, draws }, expression) => ({
    kind: 'global',
    plannedCost: () => ({ forward: 1 + rowsOf(background), backward: draws }),
    async explain(f, x, key) {
      const baselines = backgroundRows('expected-gradients', background, x.shape);
      return meanTowardsBackground(
        expression,
        { f, x, baselines },
        { draws, key: fold(key, 'expected-gradients') },
      );
    },
  }),
});
