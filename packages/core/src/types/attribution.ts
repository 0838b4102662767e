import type { Key } from '../random/key.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CostOfExplaining } from './planned-cost.js';
import type { Batch, Cost, Score } from './score.js';

/**
 * What the values of an attribution are. 'local': slopes, in units of f per unit of x. 'global': slopes times (x - baseline), in units of f
 * ([Y19] section 2.5). 'ranking': numbers of which only the order means something.
 */
export const attributionKinds = ['local', 'global', 'ranking'] as const;
export type AttributionKind = (typeof attributionKinds)[number];

/** A partition of an input's elements into features, such as pixels with all channels, cells of a grid, tokens or columns. */
export interface Features {
  /** How many features there are. */
  readonly count: number;
  /** The number of each element's feature, row major, from 0 to count - 1. */
  readonly of: Int32Array;
  readonly names?: readonly string[];
}

/** What an explainer returns: a number for each element of one input, and how the numbers were made. */
export interface Attribution {
  /** One number for each element of the input, in the shape of x, float64. */
  readonly values: Tensor;
  readonly kind: AttributionKind;
  /**
   * The features that were explained. All elements of a feature have its number in `values`, and sums count it once.
   * Absent: every element is a feature of its own.
   */
  readonly features?: Features;
  /** The expression that makes this explainer again, e.g. "integrated-gradients(steps=50)". */
  readonly method: string;
  /** The key it was made with: the same explainer, score, input and key give the same values. */
  readonly key: Key;
  /** Standard error of each value, when the method samples. */
  readonly stderr?: Tensor;
  /**
   * What the method left unexplained, by its own definition: f(x) - f(baseline) - sum for path methods and DeepLIFT, f(x) - sum
   * for LRP, the weighted root mean square of the least-squares residual for regressions.
   */
  readonly residual?: number;
  /** How the linear system behind it was solved, when there was one. */
  readonly diagnosis?: SolveDiagnosis;
  /** Further numbers and words by name, e.g. the precision of a rule; the explainer's docstring lists them. Numbers are finite. */
  readonly details?: Readonly<Record<string, number | string | boolean>>;
  readonly cost: Cost;
}

/** How a linear system was solved, and how close to singular it is. */
export interface SolveDiagnosis {
  /** The solver's expression, e.g. "ridge(0.001)". */
  readonly method: string;
  /** primal: the normal equations; dual: the system of inner products of rows; iterative: LSQR, without a matrix. */
  readonly form: 'primal' | 'dual' | 'iterative';
  readonly unknowns: number;
  readonly equations: number;
  /** Numerical rank of the system that was solved; for an iterative solution the number of steps, a lower bound of it. */
  readonly rank: number;
  /**
   * Ratio of the largest eigenvalue to the smallest one that was kept. It is never above the true ratio: solvers that factorise by Cholesky
   * give a lower bound of it, and no value exceeds 2⁵² divided by the size of the system, beyond which float64 cannot tell. NaN when
   * no eigenvalue was kept.
   */
  readonly condition: number;
  /**
   * What an iterative solution reached: the gradient of the squared error relative to the sizes of rows and error. Absent for the other
   * forms, which solve to rounding.
   */
  readonly accuracy?: number;
}

/** Explains f at x. Made by a factory that takes the options; deterministic in (f, x, key). */
export interface Explainer {
  (f: Score, x: Tensor, key: Key): Promise<Attribution>;
  /**
   * Explains the rows of a batch at once, each with a key of its own. The attributions are those of one row after the other, for less work
   * around the score. Absent: `explainEach` of core explains the rows one by one.
   */
  readonly explainRows?: (f: Score, batch: Batch, keys: readonly Key[]) => Promise<readonly Attribution[]>;
  /** Canonical expression; parsing it gives the same explainer again. */
  readonly expression: string;
  readonly kind: AttributionKind;
  /**
   * Whether its values are the gradient of f, or a weighted mean of gradients of f at points x + δ, where neither δ nor the weights depend
   * on x. Its values for `f.along(v)` are then the derivative of its values for f along v. Default false.
   */
  readonly meanGradient?: boolean;
  /**
   * Whether its values at any x are those of `f.gradient` at x, so that callers may take the gradients of many inputs themselves. Default
   * false.
   */
  readonly isGradient?: boolean;
  /** Whether it ignores the score, as random numbers do. Others are compared with it, and it is never called the best. Default false. */
  readonly control?: boolean;
  /** Names of the inner tensors that its options name, so that a wrong name is found before anything runs; default none. */
  readonly layers?: readonly string[];
  /** What its options ask of a model and its input, so that what they do not have is found before anything runs; default nothing. */
  readonly needs?: readonly ModelNeed[];
  /** What an explanation will cost, before it is made. Absent, and undefined: it is not known before. */
  readonly plannedCost?: CostOfExplaining;
}

/** Something that an option asks of a model and its input. */
export interface ModelNeed {
  /** The expression and the option, for messages. */
  readonly where: string;
  /** The number of a class. */
  readonly class?: number;
  /** A label for each element of an input. */
  readonly labels?: Tensor;
  /** The least number of layers with weights. */
  readonly layers?: number;
  /** Throws for an input that the option does not fit. `f` is the score at the input, with any target. */
  check?(f: Pick<Score, 'layout'>, x: Tensor): void;
}
