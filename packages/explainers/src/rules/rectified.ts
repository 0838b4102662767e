import { asBatch, defineExplainer, type ExplainerRecipe, row, toFloat64 } from '@onnxplain/core';
import { withRules } from './with-rules.js';

/** The gradient at x by other backward rules. */
const gradientBy = (rules: string): ExplainerRecipe => ({
  kind: 'local',
  plannedCost: () => ({ forward: 0, backward: 1 }),
  async explain(f, x) {
    const slopes = await (await withRules(f, rules)).gradient(asBatch(x));
    return { values: toFloat64(row(slopes, 0)) };
  },
});

/**
 * The gradient at x, where rectifiers pass a cotangent back only if it is positive and their input was positive. Local.
 * Needs the score of a model: throws `not-applicable` for others.
 * Source: Springenberg et al. 2015, "Striving for Simplicity: The All Convolutional Net".
 */
export const guidedBackprop = defineExplainer({
  name: 'guided-backprop',
  summary: 'Gradient in which rectifiers pass positive cotangents, where they passed forward.',
  options: {},
  promises: ['exact-on-linear'],
  make: () => gradientBy('guided'),
});

/**
 * The gradient at x, where rectifiers pass a cotangent back only if it is positive, whatever their input was. Local.
 * Needs the score of a model: throws `not-applicable` for others.
 * Source: Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks".
 */
export const deconvolution = defineExplainer({
  name: 'deconvolution',
  summary: 'Gradient in which rectifiers pass positive cotangents, whatever they did forward.',
  options: {},
  promises: ['exact-on-linear'],
  make: () => gradientBy('deconv'),
});
