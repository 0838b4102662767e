import { defineExplainer, multiply, once, stack, subtract, sum, toFloat64 } from '@onnxplain/core';
import { fillBaseline } from '../baseline.js';
import { expectFiniteEnds } from '../finite-ends.js';
import { meanGradientOnPath, pathOptions } from './path.js';
import { quadratures } from './quadrature.js';

/**
 * Integrated gradients: (x - baseline) times the mean gradient on the straight path between them. Global, in units of f.
 * Complete: the values sum to f(x) - f(baseline) up to `residual`, the error of the sum that replaces the integral.
 * Throws `non-finite` when f is not finite at x or at the baseline.
 * Source: Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks".
 */
export const integratedGradients = defineExplainer({
  name: 'integrated-gradients',
  summary: 'Mean gradient on the straight path from a baseline, times (x - baseline).',
  options: pathOptions,
  positional: ['steps', 'rule', 'baseline'],
  promises: ['exact-on-linear', 'complete'],
  make({ steps, rule, baseline }, expression) {
    const quadrature = once(() => quadratures[rule](steps));
    return {
      kind: 'global',
      plannedCost: () => ({ forward: 2, backward: steps }),
      async explain(f, x) {
        const start = fillBaseline(baseline, x.shape);
        const [slopes, [atX, atStart]] = await Promise.all([
          meanGradientOnPath(f, { baseline: start, x }, quadrature()),
          f.value(stack([x, start])),
        ]);
        expectFiniteEnds(expression, { atX, atStart });
        const values = toFloat64(multiply(slopes, subtract(x, start)));
        return { values, residual: atX - atStart - sum(values) };
      },
    };
  },
});
