import { asBatch, type Explainer, entry, row, toFloat64, z } from '@onnxplain/core';
import { explainer } from '../explainer.js';
import { withRules } from './with-rules.js';

/** The gradient at x by the rules of a table. */
function rectified(expression: string, rules: string): Explainer {
  return explainer({ expression, kind: 'local' }, async (f, x) => {
    const slopes = await (await withRules(f, rules)).gradient(asBatch(x));
    return { values: toFloat64(row(slopes, 0)), cost: { forward: 0, backward: 1 } };
  });
}

/**
 * The gradient at x, in which rectifiers pass positive cotangents only, and only where they passed forward. Local.
 * Needs the score of a model: throws `not-applicable` for others.
 * Source: Springenberg et al. 2015, "Striving for Simplicity: The All Convolutional Net".
 */
export const guidedBackprop = (): Explainer => rectified('guided-backprop', 'guided');

/**
 * The gradient at x, in which rectifiers pass positive cotangents, whatever they did forward. Local.
 * Needs the score of a model: throws `not-applicable` for others.
 * Source: Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks".
 */
export const deconvolution = (): Explainer => rectified('deconvolution', 'deconv');

export const guidedBackpropEntry = entry({
  name: 'guided-backprop',
  summary: 'Gradient in which rectifiers pass positive cotangents, where they passed forward.',
  options: z.strictObject({}),
  make: () => guidedBackprop(),
});

export const deconvolutionEntry = entry({
  name: 'deconvolution',
  summary: 'Gradient in which rectifiers pass positive cotangents, whatever they did forward.',
  options: z.strictObject({}),
  make: () => deconvolution(),
});
