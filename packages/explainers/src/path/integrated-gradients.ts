import {
  type Explainer,
  entry,
  multiply,
  parseOptions,
  stack,
  subtract,
  sum,
  toFloat64,
} from '@onnxplain/core';
import { fillBaseline } from '../baseline.js';
import { expectFiniteEnds, explainer } from '../explainer.js';
import { meanGradientOnPath, type PathOptions, pathOptions, showPath } from './path.js';

/**
 * (x - baseline) times the mean gradient on the straight path between them. Global, units of f.
 * Complete: the values sum to f(x) - f(baseline) up to `residual`, the error of the sum that stands for the integral.
 * Source: Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks".
 */
export function integratedGradients(given: PathOptions = {}): Explainer {
  const settings = parseOptions('integrated-gradients', pathOptions, { ...given });
  const { steps, rule, baseline } = settings;
  const identity = {
    expression: showPath('integrated-gradients', settings),
    kind: 'global',
  } as const;
  return explainer(identity, async (f, x) => {
    const start = fillBaseline(baseline, x.shape);
    const [slopes, [atX, atStart]] = await Promise.all([
      meanGradientOnPath(f, { baseline: start, x }, { steps, rule }),
      f.value(stack([x, start])),
    ]);
    expectFiniteEnds(identity.expression, { atX, atStart });
    const values = toFloat64(multiply(slopes, subtract(x, start)));
    return { values, residual: atX - atStart - sum(values), cost: { forward: 2, backward: steps } };
  });
}

export const integratedGradientsEntry = entry({
  name: 'integrated-gradients',
  summary: 'Mean gradient on the straight path from a baseline, times (x - baseline).',
  positional: ['steps', 'rule', 'baseline'],
  options: pathOptions,
  make: integratedGradients,
});
