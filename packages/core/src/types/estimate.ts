/** A statistic that takes one value at a time. States of parts of the values can be merged. */
export interface Reducer<S, V, R> {
  init(): S;
  add(state: S, value: V): S;
  merge(a: S, b: S): S;
  value(state: S): R;
}

/** A mean of n draws. `interval` gives the interval that its fields stand for. */
export interface MeanEstimate {
  readonly kind: 'mean';
  readonly value: number;
  /** Standard error of the value. */
  readonly stderr: number;
  readonly n: number;
  /** Effective sample size of weighted draws, (Σw)²/Σw²; absent where all weights are equal: it is then n. */
  readonly effective?: number;
  /** Degrees of freedom of `stderr`, lower where a few draws hold most of the spread; default n - 1. */
  readonly freedom?: number;
  /** Skewness of the value over repeated samples of n draws, which is that of one draw over √n; default 0. */
  readonly skewness?: number;
  /** Why the interval may be too narrow; absent where there is no sign of it. */
  readonly warning?: string;
}

/** A number with what is known about its error. A maximum of draws is a bound, not a mean. */
export type Estimate =
  | MeanEstimate
  | { readonly kind: 'bound'; readonly side: 'lower' | 'upper'; readonly value: number; readonly n: number }
  | { readonly kind: 'exact'; readonly value: number; readonly n?: number }
  | { readonly kind: 'censored'; readonly above: number; readonly n: number }
  | { readonly kind: 'invalid'; readonly reason: string; readonly n: number };
