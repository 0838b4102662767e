import {
  asBatch,
  type Explainer,
  entry,
  expression,
  multiply,
  omitDefault,
  parseOptions,
  row,
  stack,
  subtract,
  sum,
  toFloat64,
  z,
} from '@onnxplain/core';
import { type Baseline, baselineOption, fillBaseline } from '../baseline.js';
import { expectFiniteEnds, explainer } from '../explainer.js';
import { withRules } from './with-rules.js';

const options = z.strictObject({ baseline: baselineOption() });

export interface DeepLiftOptions {
  /** What x is compared with: one number for all elements or a tensor of the input's shape; default 0. */
  readonly baseline?: Baseline;
}

/**
 * DeepLIFT, rescale rule: how much each activation changed from the baseline is handed back in proportion to what changed before it.
 * Global, units of f. The values sum to f(x) - f(baseline) up to `residual`, which is 0 but for softmax and for normalisations
 * by statistics of their input. One backward pass.
 * Needs the score of a model: throws `not-applicable` for others, `op-no-gradient` for recurrent layers.
 * Source: Shrikumar et al. 2017, "Learning Important Features Through Propagating Activation Differences".
 */
export function deepLift(given: DeepLiftOptions = {}): Explainer {
  const { baseline } = parseOptions('deep-lift', options, { ...given });
  const identity = {
    expression: expression('deep-lift', [], { baseline: omitDefault(baseline, 0) }),
    kind: 'global',
  } as const;
  return explainer(identity, async (f, x) => {
    const start = fillBaseline(baseline, x.shape);
    const compared = await withRules(f, { name: 'deep-lift', baseline: start });
    const [multipliers, [atX, atStart]] = await Promise.all([
      compared.gradient(asBatch(x)),
      f.value(stack([x, start])),
    ]);
    expectFiniteEnds(identity.expression, { atX, atStart });
    const values = toFloat64(multiply(row(multipliers, 0), subtract(x, start)));
    return { values, residual: atX - atStart - sum(values), cost: { forward: 2, backward: 1 } };
  });
}

export const deepLiftEntry = entry({
  name: 'deep-lift',
  summary: 'Changes of activations from a baseline handed back in proportion (rescale rule).',
  positional: ['baseline'],
  options,
  make: deepLift,
});
