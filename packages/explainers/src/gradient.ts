import { asBatch, defineExplainer, row, toFloat64 } from '@onnxplain/core';

/**
 * The gradient of the score at x: how fast f changes with each element. Local, in units of f per unit of x.
 * For a score with other backward rules (guided backpropagation, LRP, ...) it is the result of that backward pass.
 * Source: Simonyan et al. 2013, "Deep Inside Convolutional Networks".
 */
export const gradient = defineExplainer({
  name: 'gradient',
  summary: 'Gradient of the score at the input.',
  options: {},
  promises: ['exact-on-linear'],
  make: () => ({
    kind: 'local',
    meanGradient: true,
    isGradient: true,
    plannedCost: () => ({ forward: 0, backward: 1 }),
    async explain(f, x) {
      const slopes = await f.gradient(asBatch(x));
      return { values: toFloat64(row(slopes, 0)) };
    },
    async explainRows(f, batch, keys) {
      const slopes = await f.gradient(batch);
      return keys.map((_, i) => ({ values: toFloat64(row(slopes, i)) }));
    },
  }),
});
