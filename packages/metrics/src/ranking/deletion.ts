import { defineMetric } from '@onnxplain/core';
import { removalCurve } from './removal-curve.js';

/**
 * Deletion: the area below f as the features that an attribution ranks first are replaced by a reference, 5 %, 10 %, ..., 45 % of them
 * by default. In units of f times percent of the features, so that a constant f = 1 from 5 % to 45 % has the area 40. Lower is better: f
 * falls fast. f is that of the score: a logit or a probability, by its link. Features that have one number together count as one.
 *
 * With reference=uniform, or several references in a tensor, the estimate is a mean over them with its standard error, and so is each point
 * of the curve; with another reference it is exact. The same key gives the same references to insertion and deletion and to all
 * attributions, and `compare` pairs them. Invalid where f is not finite, and for one random reference, which has no standard error.
 * Throws `option-value` for draws of a reference that is always the same, for percentages and counts that do not ascend, and for both.
 * Measuring throws `tensor-shape` for a reference that does not fit the input.
 * Source: [H21] section 4.2 and Table 2, where the reference is uniform in [0, 1]; Petsiuk et al. 2018.
 */
export const deletion = defineMetric({
  name: 'deletion',
  summary: 'Area below the score as the features that are ranked first are removed.',
  ...removalCurve('deletion'),
});
