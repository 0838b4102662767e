import { type Attack, defineMetric } from '@onnxplain/core';
import { criterionOptions, settleCriterion } from './options.js';
import { robustnessCurve } from './robustness-curve.js';

const name = 'robustness-complement';

/**
 * Robustness-S̄r: the area below the norm of the smallest perturbation that changes the prediction while the features that an attribution
 * ranks first keep their values, with 5 %, 10 %, ..., 45 % of the features kept by default. In units of the norm times percent of the
 * features. Higher is better: what the attribution keeps decides the prediction, so that the other features can hardly change it.
 *
 * An upper bound: each norm is that of a perturbed input that the attack found and verified. Sets of one ranking hold one another, so that
 * a perturbation of fewer features counts for more of them and the curve never falls. Where no perturbation is found the norm counts as
 * `cap`; the curve marks these points (`censored`). Details: `sets`, `censored` (how many of them have no perturbation), `cap` where one
 * counts, and `forward` and `backward`, the rows that were evaluated. All attributions that are compared are attacked in one call.
 * The criterion is that of the class which is predicted: where a model gives one number for two classes and class 0 is predicted, values,
 * which belong to class 1, count with the other sign for order=signed.
 * With a target, perturbations lead to that class. Invalid where the margin is not a number.
 * Throws `option-value` for percentages and counts that do not ascend and for both. Measuring throws `not-applicable` for a score without a
 * margin and where the margin is not above 0 at x, `option-value` for a target that is the class of the score, and what the attack throws.
 * Source: [H21] Definition 3.1, section 4.1 and Table 1.
 */
export const robustnessComplement = defineMetric({
  name,
  summary: 'Area below the smallest perturbation of all features but those that are ranked first.',
  options: criterionOptions,
  parts: (attack: Attack) => ({ attack }),
  positional: ['attack', 'percentages'],
  example: { percentages: [10, 30, 60, 80] },
  promises: ['upper-bound', 'area-of-curve'],
  settle: settleCriterion(name),
  make: (settings) => robustnessCurve(name, 'complement', settings),
});
