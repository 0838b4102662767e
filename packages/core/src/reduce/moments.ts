import type { Reducer } from '../types/estimate.js';

/** Mean and variance of the finite values that were added. */
export interface Moments {
  /** How many finite values. */
  readonly n: number;
  /** NaN when n = 0. */
  readonly mean: number;
  /** Unbiased, divided by n - 1; NaN when n < 2. */
  readonly variance: number;
  /** Standard error of the mean, sqrt(variance / n). */
  readonly stderr: number;
  /** How many values were NaN or infinite. The other numbers leave them out. */
  readonly nonFinite: number;
}

export interface MomentsState {
  readonly n: number;
  readonly mean: number;
  readonly squares: number;
  readonly nonFinite: number;
}

/**
 * Mean, variance and standard error of numbers. Source: Welford 1962; merging by Chan, Golub, LeVeque 1983.
 */
export const moments: Reducer<MomentsState, number, Moments> = {
  init: () => ({ n: 0, mean: 0, squares: 0, nonFinite: 0 }),
  add(state, value) {
    if (!Number.isFinite(value)) return { ...state, nonFinite: state.nonFinite + 1 };
    const n = state.n + 1;
    const gap = value - state.mean;
    const mean = state.mean + gap / n;
    return { n, mean, squares: state.squares + gap * (value - mean), nonFinite: state.nonFinite };
  },
  merge(a, b) {
    const n = a.n + b.n;
    const nonFinite = a.nonFinite + b.nonFinite;
    if (n === 0) return { n, mean: 0, squares: 0, nonFinite };
    const gap = b.mean - a.mean;
    const squares = a.squares + b.squares + (gap * gap * a.n * b.n) / n;
    return { n, mean: a.mean + (gap * b.n) / n, squares, nonFinite };
  },
  value({ n, mean, squares, nonFinite }) {
    const variance = n < 2 ? Number.NaN : squares / (n - 1);
    return { n, mean: n === 0 ? Number.NaN : mean, variance, stderr: Math.sqrt(variance / n), nonFinite };
  },
};
