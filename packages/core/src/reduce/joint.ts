import { counted } from '../counted.js';
import { fail } from '../error.js';
import type { Reducer } from '../types/estimate.js';

/** Means and covariances of k quantities that were measured together, over the finite samples. */
export interface Joint {
  /** How many samples with all k values finite. */
  readonly n: number;
  /** k means; NaN when n = 0. */
  readonly mean: Float64Array;
  /** k x k row major, unbiased; NaN when n < 2. */
  readonly covariance: Float64Array;
  /** How many samples had a NaN or an infinity. The other numbers leave them out. */
  readonly nonFinite: number;
}

export interface JointState {
  readonly n: number;
  readonly mean: Float64Array;
  readonly products: Float64Array;
  readonly nonFinite: number;
}

/** Statistics of k quantities at a time; a sample is an array of k numbers. Throws `tensor-shape` for another length. */
export function joint(k: number): Reducer<JointState, readonly number[], Joint> {
  return {
    init: () => ({ n: 0, mean: new Float64Array(k), products: new Float64Array(k * k), nonFinite: 0 }),
    add(state, sample) {
      if (sample.length !== k) {
        fail({
          code: 'tensor-shape',
          where: 'joint',
          expected: counted(k, 'number'),
          got: `${sample.length}`,
        });
      }
      if (!sample.every(Number.isFinite)) return { ...state, nonFinite: state.nonFinite + 1 };
      const one = { n: 1, mean: Float64Array.from(sample), products: new Float64Array(k * k), nonFinite: 0 };
      return merge(state, one);
    },
    merge,
    value: ({ n, mean, products, nonFinite }) => ({
      n,
      mean: n === 0 ? mean.map(() => Number.NaN) : mean,
      covariance: products.map((product) => (n < 2 ? Number.NaN : product / (n - 1))),
      nonFinite,
    }),
  };
}

function merge(a: JointState, b: JointState): JointState {
  const n = a.n + b.n;
  const nonFinite = a.nonFinite + b.nonFinite;
  if (a.n === 0) return { ...b, nonFinite };
  if (b.n === 0) return { ...a, nonFinite };
  const k = a.mean.length;
  const gap = b.mean.map((mean, i) => mean - a.mean[i]);
  const weight = (a.n * b.n) / n;
  const mean = a.mean.map((value, i) => value + (gap[i] * b.n) / n);
  const products = a.products.map(
    (product, i) => product + b.products[i] + weight * gap[Math.floor(i / k)] * gap[i % k],
  );
  return { n, mean, products, nonFinite };
}

/**
 * Standard error of a smooth function of the k means, to first order: sqrt(gᵀ·covariance·g / n),
 * with g its gradient at the means (the delta method).
 */
export function deltaStderr({ n, covariance }: Joint, gradient: readonly number[]): number {
  const k = gradient.length;
  let variance = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) variance += gradient[i] * covariance[i * k + j] * gradient[j];
  }
  // Rounding can leave a perfect fit a little below zero.
  return Math.sqrt(Math.max(variance, 0) / n);
}
