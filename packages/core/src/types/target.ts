import { setOwn } from '../own.js';
import type { Key } from '../random/key.js';
import type { Tensor } from '../tensor/tensor.js';

/** The target along one axis of an output: the entry at an index, the sum or the maximum of all entries, or 'predicted'. */
export type AxisTarget = number | 'sum' | 'max' | 'predicted';

/**
 * One number of an output with several axes, [N, ...axes]. The link is applied first, at every place; then entries are taken, then maxima,
 * then weighted sums. So `{ at: [3, 'sum', 'sum'] }` of [N, classes, h, w] is class 3 summed over all pixels, and `{ at: ['max', 4, 5] }`
 * the best class at a pixel.
 */
export interface AxesTarget {
  /** One for each axis after the batch. 'predicted': each row's best entry of what is left when all else is taken, without the link. */
  readonly at: readonly AxisTarget[];
  /** Weights of the sums, 0 and 1 for a mask; its shape is that of the axes with 'sum', in their order. Default: all 1. */
  readonly mask?: Tensor;
}

/**
 * One element for every row, one per row of each batch, or each row's own best; elements are numbered along the flattened row, as classes
 * are. Or what is taken along each axis, the same for every row.
 */
export type Target = number | readonly number[] | 'predicted' | AxesTarget;

export const links = ['logit', 'probability', 'margin'] as const;

/**
 * How a class's score is made of the output: 'logit' is the output as it stands, 'probability' the probability of the class, 'margin'
 * its distance above the best other class. Of one number a row, the logit or the probability of class 1, the margin is the logit.
 */
export type Link = (typeof links)[number];

/**
 * Backward rules: the name of a table of rules, e.g. 'guided', or the name with the table's options, e.g.
 * `{ name: 'lrp-gamma', gamma: 0.5 }`.
 */
export type BackwardRules = string | NamedRules;

export interface NamedRules {
  readonly name: string;
  /** What x is compared with, of the shape of one input, for rules that compare with a baseline. */
  readonly baseline?: Tensor;
  readonly [option: string]: number | string | Tensor | undefined;
}

/** How weights of a model are drawn anew, by a key, in place of the trained ones. */
export interface DrawnWeights {
  /** How many layers, counted from the output back, or 'all'. */
  readonly layers: number | 'all';
  /** 'normal': with the mean and the standard deviation of each trained tensor. 'permuted': its numbers in random order. */
  readonly draw: 'normal' | 'permuted';
  readonly key: Key;
}

/** Changes of a score; fields that are left out stay the same. */
export interface ScoreChange {
  readonly target?: Target;
  readonly link?: Link;
  /**
   * Whether link 'margin' compares the logits that probabilities were made of, where the model shows them, in place of the probabilities.
   * The sign is the same; the slopes do not vanish where the model is sure. Attacks take such margins.
   */
  readonly logits?: boolean;
  readonly rules?: BackwardRules;
  /** Draws weights anew; those that were drawn before are the trained ones again. */
  readonly weights?: DrawnWeights;
}

/** Returns the name, the options and the baseline of rules given in either form. */
export function rulesParts(rules: BackwardRules): {
  readonly name: string;
  readonly options: Readonly<Record<string, number | string>>;
  readonly baseline: Tensor | undefined;
} {
  if (typeof rules === 'string') return { name: rules, options: {}, baseline: undefined };
  const { name, baseline, ...rest } = rules;
  const options: Record<string, number | string> = {};
  for (const [option, value] of Object.entries(rest)) {
    if (typeof value === 'number' || typeof value === 'string') setOwn(options, option, value);
  }
  return { name, options, baseline };
}
