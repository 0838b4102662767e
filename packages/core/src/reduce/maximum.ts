import type { Reducer } from '../types/estimate.js';

export interface Maximum {
  readonly n: number;
  /** -Infinity when n = 0. */
  readonly value: number;
  /** How many values were NaN or infinite; they are not compared. */
  readonly nonFinite: number;
}

/** The largest of the finite values. */
export const maximum: Reducer<Maximum, number, Maximum> = {
  init: () => ({ n: 0, value: Number.NEGATIVE_INFINITY, nonFinite: 0 }),
  add({ n, value, nonFinite }, next) {
    if (!Number.isFinite(next)) return { n, value, nonFinite: nonFinite + 1 };
    return { n: n + 1, value: Math.max(value, next), nonFinite };
  },
  merge: (a, b) => ({
    n: a.n + b.n,
    value: Math.max(a.value, b.value),
    nonFinite: a.nonFinite + b.nonFinite,
  }),
  value: (state) => state,
};
