import type { Layout } from './layout.js';
import type { CompactDraws } from './perturb/compact.js';
import type { Key } from './random/key.js';
import type { ScoreChange } from './score/question.js';
import type { Shape, Tensor } from './tensor/tensor.js';

/** Rows of inputs, [n, ...shape of one input], row major. */
export type Batch = Tensor;

/**
 * Batched scalar function of one tensor, [n, ...shape] -> [n]: all that an explainer sees of a model.
 * Target class, link and inner batching were settled when it was made.
 */
export interface Score {
  /** Shape of one input, batch axis excluded. */
  readonly shape: Shape;
  /** Least and greatest value an input element may take; [-Infinity, Infinity] when nothing is known. */
  readonly bounds: readonly [low: number, high: number];
  /**
   * What the axes of an input are, where that is known: what windows, squares and maps go by that were made without a layout of their
   * own. Absent: they take 'chw'.
   */
  readonly layout?: Layout;
  /** The backward pass behind `gradient`: "gradient", "difference", "guided", "lrp-epsilon", ... */
  readonly rules: string;
  /** f of every row, [n]. */
  value(batch: Batch): Promise<Float64Array>;
  /** df/dx of every row, the batch's shape. */
  gradient(batch: Batch): Promise<Tensor>;
  /** Large matrix products on the device this score runs on; absent, plain loops are used. */
  readonly products?: Products;
  /**
   * The score of the same model and input with another target, link or backward rules; absent for a function that has no others.
   * It is a promise because some changes need a run of the model, such as finding out what its output holds.
   * Rejects with `name-unknown` and `option-*` for rules that do not exist, `not-applicable` for rules that compare with a baseline and
   * have none and for a link that the output does not have, `target-range` for a target that the output does not have.
   */
  with?(change: ScoreChange): Promise<Score>;
  /** Inner tensors of the model behind the score; absent for a function that has none. */
  readonly internals?: Internals;
}

/** Inner tensors of the model behind a score, by name. */
export interface Internals {
  /** Those that are attention maps, [n, heads, queries, keys], in the order in which they are computed. */
  readonly attention: readonly string[];
  /** Throws `value-unknown` for a name that is not one of a float tensor with a row for each input. */
  layers(names: readonly string[]): Layers;
}

/** Some inner tensors as functions of the input. */
export interface Layers {
  /** Shape of one row of each, batch axis excluded. */
  readonly shapes: readonly Shape[];
  /** Which axis of one row of each holds channels; undefined, or absent for all, where that is not known: the first. */
  readonly channels?: readonly (number | undefined)[];
  /** Each tensor at every row of the batch, [n, ...shape]. */
  values(batch: Batch): Promise<readonly Tensor[]>;
  /** Each tensor with df/d tensor, by the score's backward rules. Throws `no-gradient` when f does not depend on it. */
  gradients(batch: Batch): Promise<readonly LayerGradient[]>;
}

/** An inner tensor and the gradient by it, of one shape. */
export interface LayerGradient {
  readonly value: Tensor;
  readonly gradient: Tensor;
}

/** Dense float64 matrix products, so that large least-squares systems are built where multiplication is fast. */
export interface Products {
  /** aᵀ·b for a [n, p] and b [n, q]: [p, q]. */
  transposeTimes(a: Tensor, b: Tensor): Promise<Tensor>;
  /** a·bᵀ for a [n, p] and b [m, p]: [n, m]. */
  timesTranspose(a: Tensor, b: Tensor): Promise<Tensor>;
}

/** Rows of the score that were evaluated to make something. */
export interface Cost {
  readonly forward: number;
  readonly backward: number;
}

/**
 * What the values of an attribution are. 'local': slopes, in units of f per unit of x. 'global': slopes times (x - baseline), in units of f
 * ([Y19] section 2.5). 'ranking': numbers of which only the order means something.
 */
export const attributionKinds = ['local', 'global', 'ranking'] as const;
export type AttributionKind = (typeof attributionKinds)[number];

/** A partition of an input's elements into what counts as one feature: windows, tokens, columns. */
export interface Features {
  /** How many there are. */
  readonly count: number;
  /** Of each element, row major, the number of its feature, from 0 to count - 1. */
  readonly of: Int32Array;
  readonly names?: readonly string[];
}

/** What an explainer found: how much each element of one input counts, and how that was found. */
export interface Attribution {
  /** One number per input element, shape of x, float64. */
  readonly values: Tensor;
  readonly kind: AttributionKind;
  /**
   * Elements that have one number together, because they were hidden together: `values` has it at each of them, and what is added up
   * counts it once. Absent: every element is a feature of its own.
   */
  readonly features?: Features;
  /** The expression that makes this explainer again, e.g. "integrated-gradients(steps=50)". */
  readonly method: string;
  /** The key it was made with: the same explainer, score, input and key give the same values. */
  readonly key: Key;
  /** Standard error of each value, when the method samples. */
  readonly stderr?: Tensor;
  /**
   * What the method left unexplained, in its own definition: f(x) - f(baseline) - sum for path methods and DeepLIFT, f(x) - sum
   * for LRP, weighted root mean square of the least-squares residual for regressions.
   */
  readonly residual?: number;
  /** How the linear system behind it was solved, when there was one. */
  readonly diagnosis?: SolveDiagnosis;
  readonly cost: Cost;
}

/** How a linear system was solved, and how well it could be. */
export interface SolveDiagnosis {
  /** The solver's expression, e.g. "ridge(0.001)". */
  readonly method: string;
  readonly form: 'primal' | 'dual';
  readonly unknowns: number;
  readonly equations: number;
  /** Numerical rank of the system that was solved. */
  readonly rank: number;
  /**
   * Ratio of its largest to its smallest kept eigenvalue, never above the true one: a bound from below where the solver factorises by
   * Cholesky, less what float64 cannot tell (it ends at 2⁵² divided by the size of the system). NaN when nothing is kept.
   */
  readonly condition: number;
}

/** What explains. Made by a factory that took the options; deterministic in (f, x, key). */
export interface Explainer {
  (f: Score, x: Tensor, key: Key): Promise<Attribution>;
  /** Canonical expression; parsing it gives the same explainer again. */
  readonly expression: string;
  readonly kind: AttributionKind;
  /**
   * Whether it ignores the score, as random numbers do: then it is a control that others are compared with, and is never the best.
   * Default false.
   */
  readonly control?: boolean;
  /** Inner tensors that it was told to look at, so that a name that a model does not have is found before anything runs; default none. */
  readonly layers?: readonly string[];
}

/**
 * A linear map from attributions to numbers, one row per draw: A is [n, d] with d the size of one input.
 * Kept abstract so that square masks on large images need no dense matrix.
 */
export interface Rows {
  readonly n: number;
  readonly d: number;
  /** A·v for v with d elements: [n]. */
  times(v: Tensor): Float64Array;
  /** out += Aᵀ·c for c with n elements. */
  addTransposeTimes(c: Float64Array, out: Float64Array): void;
  /** A·Bᵀ: [n, other.n]. */
  inner(other: Rows, products: Products): Promise<Tensor>;
  /** The matrix itself, [n, d] float64; throws `too-large` above 2^28 elements. */
  dense(): Tensor;
  /**
   * Bound of the error that rounding left in any row, as a Euclidean length, where the numbers behind the rows were rounded before
   * they were made (float32 inputs). Least squares takes nothing below it for real. Default 0: exact, or float64.
   */
  rounding?(): number;
}

/**
 * Perturbed inputs and what was taken away: inputs = x - deltas. Draws with a compact form make `inputs`, `deltas` and dense masks when
 * they are first read.
 */
export interface Draws {
  /** [n, ...shape]. */
  readonly inputs: Tensor;
  /** I of [Y19] Def. 2.1, [n, ...shape]. */
  readonly deltas: Tensor;
  /** Which features were removed, 0/1 rows, where the perturbation removes features. Dotted with global attributions and rankings. */
  readonly masks?: Rows;
  /** Plain data that stand for the draws of x; absent where the perturbation makes only dense ones. */
  readonly compact?: CompactDraws;
  /** Importance weight of each draw; absent: all 1. */
  readonly weights?: Float64Array;
}

/** Draws from..to (exclusive) around x. Draw i is a function of (x, key, i) only: any split gives the same draws, bit for bit. */
export interface Perturbation {
  (x: Tensor, key: Key, from: number, to: number): Draws;
  /** Canonical expression. */
  readonly expression: string;
  /** Whether its draws carry masks. */
  readonly masks: boolean;
  /**
   * Promise that masks (deltas, where there are none) and weights depend on the shape and number type of x only, neither on its
   * numbers nor on the key: what is computed from them may be kept for other inputs. Default false.
   */
  readonly inputIndependent?: boolean;
  /** The same for inputs of a layout; absent where none makes a difference, or one was given. */
  inLayout?(layout: Layout): Perturbation;
  /** For exhaustive and stored perturbations: how many draws there are for an input of this shape. Absent: unlimited. */
  count?(shape: Shape): number;
  /**
   * Promise that the counted draws are all there are, so that a mean over them is exact. Default false: stored draws are a sample,
   * and a mean over them has a standard error.
   */
  readonly exhaustive?: boolean;
}

/** A statistic that can be fed one value at a time and joined. */
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
  /** How many draws of one weight would tell as much, (Σw)²/Σw²; absent where all weights are equal: then it is n. */
  readonly effective?: number;
  /** Degrees of freedom of `stderr`: few where a few draws hold most of the spread; default n - 1. */
  readonly freedom?: number;
  /** Skewness of the value over repeated samples of n, which is that of one draw over √n; default 0. */
  readonly skewness?: number;
  /** Why the interval may be too narrow; absent where nothing tells that. */
  readonly warning?: string;
}

/** What is known of a number, and how. A maximum of draws is a bound, not a mean. */
export type Estimate =
  | MeanEstimate
  | { readonly kind: 'bound'; readonly side: 'lower' | 'upper'; readonly value: number; readonly n: number }
  | { readonly kind: 'exact'; readonly value: number; readonly n?: number }
  | { readonly kind: 'censored'; readonly above: number; readonly n: number }
  | { readonly kind: 'invalid'; readonly reason: string; readonly n: number };

/** What a metric measures: an attribution of f at x, and how to explain again near x. */
export interface Subject {
  readonly f: Score;
  readonly x: Tensor;
  readonly attribution: Attribution;
  readonly explain?: Explainer;
}

/** A number as a function of another one, such as f against the percentage of features that were removed. */
export interface Curve {
  /** What the horizontal axis counts, with its unit. */
  readonly xLabel: string;
  readonly x: readonly number[];
  /** What the vertical axis counts, with its unit. */
  readonly yLabel: string;
  /** One for each of `x`. */
  readonly y: readonly number[];
  /** Standard errors of `y`, when the curve is a mean of draws. */
  readonly stderr?: readonly number[];
}

/** What a metric found out about one attribution. Plain data: it can be cloned to another thread and written as JSON. */
export interface Measured {
  readonly estimate: Estimate;
  /** The curve that the estimate summarises, for metrics that are areas or slopes of one. */
  readonly curve?: Curve;
  /** Further numbers and words by name, e.g. how often an attack succeeded; the metric's docstring lists them. */
  readonly details?: Readonly<Record<string, number | string | boolean>>;
}

/** Several attributions of one input, measured on the same draws. Plain data. */
export interface Comparison {
  /** One per subject, in order; equal to what `measure` gives with the same key. */
  readonly measured: readonly Measured[];
  /** `differences[i][j]`: (value of subject i) - (value of subject j), with the standard error of the paired difference. */
  readonly differences: readonly (readonly Estimate[])[];
}

/**
 * 'same-kind': the number is in the attribution's own units, which for local ones are those of a slope and for global ones those
 * of f, so that only attributions of one kind can be compared by it; rankings have no units, and such a metric refuses them.
 * 'any': its units do not depend on the attribution.
 */
export type Comparable = 'any' | 'same-kind';

/** How good an attribution is, by one definition: measuring gives an estimate, which says what kind of number it is. */
export interface Metric {
  readonly name: string;
  /** Canonical expression. */
  readonly expression: string;
  readonly better: 'lower' | 'higher';
  readonly units: string;
  readonly source: string;
  /** Every choice that the number depends on, by name: goes into the record and the report. */
  readonly definition: Readonly<Record<string, string>>;
  /** Which attributions of an input the number can be compared between; default 'any'. */
  readonly comparable?: Comparable;
  /** The least value that the definition allows, e.g. 0 for a mean of squares: intervals do not go below it; default: unbounded. */
  readonly least?: number;
  /**
   * Deterministic in (subject, key). Throws `tensor-shape` when x or the attribution does not have the shape of f's input,
   * `not-applicable` where the definition does not fit the attribution or the subject lacks what it needs.
   */
  measure(subject: Subject, key: Key): Promise<Measured>;
  /** Same draws for all subjects, which must share f and x: one pass over f instead of one per attribution. */
  compare?(subjects: readonly Subject[], key: Key): Promise<Comparison>;
}
