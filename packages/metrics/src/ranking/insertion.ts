import { defineMetric } from '@onnxplain/core';
import { removalCurve } from './removal-curve.js';

/**
 * Insertion: the area below f as the features that an attribution ranks first are put into a reference input, 5 %, 10 %, ..., 45 % of them
 * by default. In units of f times percent of the features. Higher is better: f rises fast. All else is as in `deletion`, errors included.
 * Source: [H21] section 4.2 and Table 2; Petsiuk et al. 2018.
 */
export const insertion = defineMetric({
  name: 'insertion',
  summary: 'Area below the score as the features that are ranked first are put into a reference.',
  ...removalCurve('insertion'),
});
