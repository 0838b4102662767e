import type { Key } from '../random/key.js';
import type { Norm } from '../tensor/norm.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Features } from './attribution.js';
import type { Estimate } from './estimate.js';
import type { Batch, Cost, Score } from './score.js';

/**
 * Sets of features that an attack may change, of one or several inputs. The other features are anchored: they keep their values.
 * Set i is of row `input[i]` of the inputs.
 */
export interface FreeSets {
  /** The partition of an input's elements that the sets are made of. */
  readonly features: Features;
  /** One row for each set, [sets, features.count] row major: 1 where the feature is free, 0 where it is anchored. */
  readonly free: Uint8Array;
  /** For each set, the row of the inputs that it is of. */
  readonly input: Int32Array;
  /**
   * Points at which the search may begin, one for each set, [sets, ...shape], such as those found for a similar set. An attack moves
   * the anchored elements back before it uses them, or ignores the points. Default: the search begins as the attack does by itself.
   */
  readonly starts?: Batch;
}

/** The smallest perturbation that an attack found for one set. */
export interface Perturbed {
  /**
   * Its norm. An upper bound (`bound`, side 'upper'), because a smaller one may exist; `exact` where the attack proves that none does;
   * `censored` where none was found up to the norm `above`; `invalid` where the score is not finite. `n` counts evaluations.
   */
  readonly estimate: Estimate;
  /** The perturbed input that proves the number; absent where none was found. */
  readonly point?: Tensor;
  /** The margin at `point`, evaluated again after the search. It is below 0. */
  readonly margin?: number;
  /** Signs that the search may have failed, e.g. the share of gradients that were zero, by name. */
  readonly checks?: Readonly<Record<string, number | boolean>>;
  readonly cost: Cost;
}

/**
 * Searches the smallest perturbation that makes a margin negative, for each set of free features: [H21] Definitions 3.1 and 3.2.
 * `margin` is a score that is above 0 while the prediction holds, such as the score of a class less the best other one, or, negated, one
 * that asks for another class. `inputs` [m, ...shape] all have this margin: inputs of other classes have scores of their own.
 * The result has one entry for each set, in order. It is deterministic in (margin, inputs, free, key).
 */
export interface Attack {
  (margin: Score, inputs: Batch, free: FreeSets, key: Key): Promise<readonly Perturbed[]>;
  /** Canonical expression; parsing it gives the same attack again. */
  readonly expression: string;
  /** The norm of perturbations that it makes small, over all elements that are free. */
  readonly norm: Norm;
  /** false: it takes no gradient, so that it works for scores without one. Default: it takes gradients. */
  readonly gradients?: false;
}
