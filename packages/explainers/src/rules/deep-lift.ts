import { asBatch, defineExplainer, multiply, row, stack, subtract, sum, toFloat64 } from '@onnxplain/core';
import { baselineOption, fillBaseline } from '../baseline.js';
import { expectFiniteEnds } from '../finite-ends.js';
import { withRules } from './with-rules.js';

/**
 * DeepLIFT with the rescale rule: the change of each activation from the baseline is shared out among its inputs in proportion to their
 * changes. Global, in units of f. The values sum to f(x) - f(baseline) up to `residual`, which is 0 except for softmax and for
 * normalisations by statistics of their input. One backward pass.
 * Needs the score of a model: throws `not-applicable` for others, `op-no-gradient` for recurrent layers, and `non-finite` when f is not
 * finite at x or at the baseline.
 * Source: Shrikumar et al. 2017, "Learning Important Features Through Propagating Activation Differences".
 */
export const deepLift = defineExplainer({
  name: 'deep-lift',
  summary: 'Changes of activations from a baseline, shared out in proportion (rescale rule).',
  options: { baseline: baselineOption('What x is compared with.') },
  positional: ['baseline'],
  promises: ['exact-on-linear', 'complete'],
  make: ({ baseline }, expression) => ({
    kind: 'global',
    plannedCost: () => ({ forward: 2, backward: 1 }),
    async explain(f, x) {
      const start = fillBaseline(baseline, x.shape);
      const compared = await withRules(f, { name: 'deep-lift', baseline: start });
      const [multipliers, [atX, atStart]] = await Promise.all([
        compared.gradient(asBatch(x)),
        f.value(stack([x, start])),
      ]);
      expectFiniteEnds(expression, { atX, atStart });
      const values = toFloat64(multiply(row(multipliers, 0), subtract(x, start)));
      return { values, residual: atX - atStart - sum(values) };
    },
  }),
});
