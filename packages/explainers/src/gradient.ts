import { asBatch, type Explainer, entry, row, toFloat64, z } from '@onnxplain/core';
import { explainer } from './explainer.js';

/**
 * The gradient of the score at x: how fast each element changes f. Local, units of f per unit of x.
 * With a score made under other backward rules (guided, deconvolution, ...) it is that pass's result.
 * Source: Simonyan et al. 2013, "Deep Inside Convolutional Networks".
 */
export function gradient(): Explainer {
  return explainer({ expression: 'gradient', kind: 'local' }, async (f, x) => {
    const slopes = await f.gradient(asBatch(x));
    return { values: toFloat64(row(slopes, 0)), cost: { forward: 0, backward: 1 } };
  });
}

export const gradientEntry = entry({
  name: 'gradient',
  summary: 'Gradient of the score at the input.',
  options: z.strictObject({}),
  make: () => gradient(),
});
