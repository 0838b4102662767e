import type { Layout } from '../layout.js';
import type { Key } from '../random/key.js';
import type { Shape, Tensor } from '../tensor/tensor.js';
import type { CompactDraws } from './compact-draws.js';
import type { Products } from './score.js';

/**
 * A matrix A [n, d] with one row for each draw, d elements as one input has. It maps attributions to one number a draw. It is an
 * interface, so that square masks on large images need no stored matrix.
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
   * An upper bound of the Euclidean length of the rounding error in any row, where the numbers behind the rows were rounded to float32.
   * Least squares treats anything below it as 0. Default 0: the rows are exact, or float64.
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
  /**
   * Rows with 1 for each element that was removed and 0 for the others, where the perturbation removes features; smooth masks have shares
   * between 0 and 1. Dotted with global attributions and rankings.
   */
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
   * Promises that masks (deltas, where there are none) and weights depend on the shape and number type of x only, neither on its
   * numbers nor on the key. What is computed from them may then be used again for other inputs. Default false.
   */
  readonly inputIndependent?: boolean;
  /**
   * Promises that deltas and weights do not depend on the numbers of x: a draw is x plus something of its own, as with noise. Default
   * false.
   */
  readonly additive?: boolean;
  /**
   * Returns the perturbation that acts on inputs of this layout. Absent for perturbations whose layout was given, and for those that act
   * alike on every layout.
   */
  inLayout?(layout: Layout): Perturbation;
  /** How many draws there are for an input of this shape, for exhaustive and stored perturbations. Absent: any number can be drawn. */
  count?(shape: Shape): number;
  /**
   * Promises that the counted draws are all that exist, so that a mean over them is exact. Default false: stored draws are a sample,
   * and a mean over them has a standard error.
   */
  readonly exhaustive?: boolean;
}
