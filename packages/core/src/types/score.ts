import type { Layout } from '../layout.js';
import type { Shape, Tensor } from '../tensor/tensor.js';
import type { ScoreChange } from './target.js';

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
  /**
   * df/dx of every row, in the batch's shape. `into`, of that shape, may get the gradients in place of a new tensor, so that callers that
   * need thousands of gradients allocate no memory for each; a score may ignore it, so take the tensor that is returned.
   */
  gradient(batch: Batch, into?: Tensor): Promise<Tensor>;
  /** Computes large matrix products on the device of this score. Absent: plain loops compute them. */
  readonly products?: Products;
  /**
   * Returns the score of the same model and input with another target, link or backward rules, or with weights that are drawn anew;
   * absent for a function that has no others.
   * It returns a promise because some changes need a run of the model, for example to find out what its output holds.
   * Rejects with `name-unknown` and `option-*` for rules that do not exist, with `not-applicable` for rules that need a baseline and got
   * none, for a link that the output does not have and for weights that the model does not have, and with `target-range` for a target that
   * the output does not have.
   */
  with?(change: ScoreChange): Promise<Score>;
  /**
   * Returns the derivative of f along a direction of the shape of an input, as a score: its gradient is the Hessian of f times the
   * direction. Absent where `gradient` is not the derivative of f, and for functions without second derivatives. The Hessian of a piecewise
   * linear f is 0 between its kinks. Throws `tensor-shape` for another shape; calls reject with what the compiler throws for operators
   * without a rule.
   */
  along?(direction: Tensor): Score;
  /** Inner tensors of the model; absent for a function that has none. */
  readonly internals?: Internals;
  /**
   * The numbers of all classes that the class of this score competes with. Absent where the score is not of one class: one number a row,
   * a sum, a list of classes, or no known axis of classes.
   */
  readonly classes?: ClassScores;
}

/**
 * The numbers of all classes at the place of a score, and gradients of any weighted sum of them, by the rules of the score. The numbers are
 * the output as link 'logit' takes it, whatever the link of the score: logits where the model gives logits, and probabilities where it
 * gives probabilities. A margin compares these same numbers, so that those of a margin of logits (`ScoreChange.logits`) are the logits, and
 * those of a margin of one number are half the logit, with both signs.
 */
export interface ClassScores {
  /** Number of classes, at least 2. */
  readonly count: number;
  /** The class of the score, from 0 along the axis of classes. */
  readonly target: number;
  /**
   * Whether the margin is that of a targeted attack, the best other class less `target`, which is above 0 until `target` is the best
   * class. Default: false, the margin is `target` less the best other class.
   */
  readonly targeted?: boolean;
  /**
   * Whether the model gives one number for two classes, of which `target` is the one whose number it is. Default: false, a number for each
   * class.
   */
  readonly single?: boolean;
  /** The number of every class at every row, [n, count]. */
  values(batch: Batch): Promise<Tensor>;
  /**
   * With weights [n, count], the gradient of sum_k weights[i, k] · number_k by row i, in the shape of the batch, and the numbers of the
   * classes. One run gives both. `into` is that of the gradient of a score. Rejects with `tensor-shape` for weights and `into` of another
   * shape.
   */
  gradient(batch: Batch, weights: Tensor, into?: Tensor): Promise<ClassGradient>;
}

/** The numbers of all classes, [n, count], and the gradient of their weighted sum. */
export interface ClassGradient {
  readonly values: Tensor;
  readonly gradient: Tensor;
}

/** Inner tensors of the model behind a score, by name. */
export interface Internals {
  /** Names of the attention maps, [n, heads, queries, keys], in the order in which they are computed. */
  readonly attention: readonly string[];
  /** Name of the last tensor with channels and several positions; absent where there is none, or it is not known. */
  readonly lastSpatial?: string;
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
