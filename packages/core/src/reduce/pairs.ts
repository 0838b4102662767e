import type { Reducer } from '../types/estimate.js';
import { deltaStderr, type Joint, type JointState, joint } from './joint.js';

export type Pair = readonly [a: number, b: number];

export interface Covariance {
  readonly n: number;
  readonly mean: Pair;
  readonly variance: Pair;
  readonly covariance: number;
  /** How many pairs had a NaN or an infinity. */
  readonly nonFinite: number;
}

const two: Reducer<JointState, Pair, Joint> = joint(2);

/** Means, variances and covariance (unbiased) of pairs. */
export const covariance: Reducer<JointState, Pair, Covariance> = {
  ...two,
  value(state) {
    const { n, mean, covariance, nonFinite } = two.value(state);
    const [a, ab, , b] = covariance;
    return { n, mean: [mean[0], mean[1]], variance: [a, b], covariance: ab, nonFinite };
  },
};

export interface Ratio {
  readonly n: number;
  /** mean(a) / mean(b): not finite when mean(b) is 0. */
  readonly value: number;
  readonly stderr: number;
  /** How many pairs had a NaN or an infinity. */
  readonly nonFinite: number;
}

/**
 * Ratio of means of pairs, mean(a) / mean(b), with the standard error of the delta method:
 * variance of (a - ratio·b) over n·mean(b)².
 */
export const ratio: Reducer<JointState, Pair, Ratio> = {
  ...two,
  value(state) {
    const all = two.value(state);
    const [a, b] = all.mean;
    const stderr = deltaStderr(all, [1 / b, -a / (b * b)]);
    return { n: all.n, value: a / b, stderr, nonFinite: all.nonFinite };
  },
};
