import { type Attack, defineMetric } from '@onnxplain/core';
import { criterionOptions, settleCriterion } from './options.js';
import { robustnessCurve } from './robustness-curve.js';

const name = 'robustness-set';

/**
 * Robustness-Sr: the area below the norm of the smallest perturbation of the features that an attribution ranks first, and of no others,
 * that changes the prediction, with 5 %, 10 %, ..., 45 % of the features free by default. Lower is better: these features alone decide. The
 * curve never rises. All else is as in `robustness-complement`, errors included.
 * Source: [H21] Definition 3.2, section 4.1 and Table 1.
 */
export const robustnessSet = defineMetric({
  name,
  summary: 'Area below the smallest perturbation of the features that are ranked first.',
  options: criterionOptions,
  parts: (attack: Attack) => ({ attack }),
  positional: ['attack', 'percentages'],
  example: { percentages: [20, 40, 60, 90] },
  promises: ['upper-bound', 'area-of-curve'],
  settle: settleCriterion(name),
  make: (settings) => robustnessCurve(name, 'set', settings),
});
