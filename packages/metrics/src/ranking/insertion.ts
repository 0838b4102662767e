import { defineMetric } from '@onnxplain/core';
import { settleReference } from './reference.js';
import { curveOptions, removalCurve } from './removal-curve.js';

/**
 * Insertion: the area below f as the features that an attribution ranks first are put into a reference input, 5 %, 10 %, ..., 45 % of them
 * by default. In units of f times percent of the features. Higher is better: f rises fast. All else is as in `deletion`, errors included.
 * Source: [H21] section 4.2 and Table 2; Petsiuk et al. 2018.
 */
export const insertion = defineMetric({
  name: 'insertion',
  summary: 'Area below the score as the features that are ranked first are put into a reference.',
  options: curveOptions,
  positional: ['reference', 'draws', 'percentages'],
  example: { draws: 30 },
  promises: ['mean', 'random', 'area-of-curve'],
  settle: (options) => settleReference('insertion', options),
  make: (settings) => removalCurve({ where: 'insertion', settings }),
});
