import type { Layout } from '../layout.js';
import type { ScoreChange } from '../score/question.js';
import type { Shape, Tensor } from '../tensor/tensor.js';

/** Inputs side by side, [n, ...shape of one input], row major. */
export type Batch = Tensor;

/**
 * A batched scalar function of one tensor, [n, ...shape] -> [n], with its gradient. It is all that explainers, attacks and metrics see of
 * a model. The target, the link and the size of runs are settled when it is made.
 */
export interface Score {
  /** Shape of one input, without the batch axis. */
  readonly shape: Shape;
  /** Least and greatest value that an element of an input may have; [-Infinity, Infinity] when nothing is known. */
  readonly bounds: readonly [low: number, high: number];
  /**
   * What the axes of an input are. Windows, squares and heat maps use it unless they were given a layout. Absent where it is not known:
   * they then take 'chw'.
   */
  readonly layout?: Layout;
  /** Name of the backward rules behind `gradient`: "gradient", "difference", "guided", "lrp-epsilon", ... */
  readonly rules: string;
  /** f of every row, [n]. */
  value(batch: Batch): Promise<Float64Array>;
  /** df/dx of every row, in the batch's shape. */
  gradient(batch: Batch): Promise<Tensor>;
  /** Computes large matrix products on the device of this score. Absent: plain loops compute them. */
  readonly products?: Products;
  /**
   * Returns the score of the same model and input with another target, link or backward rules; absent for a function that has no others.
   * It returns a promise because some changes need a run of the model, for example to find out what its output holds.
   * Rejects with `name-unknown` and `option-*` for rules that do not exist, with `not-applicable` for rules that need a baseline and got
   * none and for a link that the output does not have, and with `target-range` for a target that the output does not have.
   */
  with?(change: ScoreChange): Promise<Score>;
  /** Inner tensors of the model; absent for a function that has none. */
  readonly internals?: Internals;
}

/** Inner tensors of the model behind a score, by name. */
export interface Internals {
  /** Names of the attention maps, [n, heads, queries, keys], in the order in which they are computed. */
  readonly attention: readonly string[];
  /** Throws `value-unknown` for a name that is not one of a float tensor with a row for each input. */
  layers(names: readonly string[]): Layers;
}

/** Some inner tensors as functions of the input. */
export interface Layers {
  /** Shape of one row of each tensor, without the batch axis. */
  readonly shapes: readonly Shape[];
  /** For each tensor the axis of one row that holds channels. Undefined where it is not known: callers then take the first axis. */
  readonly channels?: readonly (number | undefined)[];
  /** Each tensor at every row of the batch, [n, ...shape]. */
  values(batch: Batch): Promise<readonly Tensor[]>;
  /** Each tensor with df/d tensor, by the score's backward rules. Throws `no-gradient` when f does not depend on it. */
  gradients(batch: Batch): Promise<readonly LayerGradient[]>;
}

/** An inner tensor and the gradient with respect to it, of the same shape. */
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

/** How many rows of the score were evaluated. */
export interface Cost {
  readonly forward: number;
  readonly backward: number;
}
