import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { Rule, RuleEntry } from '../../rules/rule.js';
import { refused } from '../../rules/rule.js';
import { activationInput } from '../decomposed-activation.js';
import { stabilised } from './rule.js';

/** Passes the relevance of the output to the one varying input. */
export const pass: Rule = (_, { wanted }, relevance) => {
  const at = wanted.indexOf(true);
  return wanted.map((_wanted, i) => (i === at ? relevance : undefined));
};

/** Passes relevance to the first input, even if others vary. Normalisations by statistics of their input count as constant factors. */
export const passFirst: Rule = (_, { wanted }, relevance) => [wanted[0] ? relevance : undefined];

/**
 * Divides relevance in proportion to the contribution of each input: R_i = x_i dy/dx_i R / y. This conserves relevance if y is linear in
 * its inputs. The share of constants is absorbed.
 */
export const proportional =
  (rule: Rule): Rule =>
  (b, step, relevance) => {
    const shares = rule(b, step, b.div(relevance, stabilised(b, step.outputs[0])));
    return step.inputs.map((x, i) => timesShare(b, x, step.wanted[i] ? shares[i] : undefined));
  };

const timesShare = (b: MathBuilder, x: string, share: string | undefined): string | undefined =>
  share === undefined ? undefined : b.mul(x, share);

/** {@link proportional} for operators that are linear in their first input, such as interpolation. All other inputs count as constants. */
export const proportionalFirst =
  (rule: Rule): Rule =>
  (b, step, relevance) =>
    proportional(rule)(b, { ...step, wanted: step.wanted.map((wanted, i) => wanted && i === 0) }, relevance);

/** {@link proportional} divided by the degree of y in its inputs (2 for a sum of squares), so that the shares sum to 1. */
export const homogeneous =
  (rule: Rule, degree: number): Rule =>
  (b, step, relevance) =>
    proportional(rule)(b, step, b.div(relevance, degree));

/** R_i = x_i dy/dx_i R, for y with sum over i of x_i dy/dx_i = 1. */
export const timesInput =
  (rule: Rule): Rule =>
  (b, step, relevance) =>
    rule(b, step, relevance).map((share) => share && b.mul(share, step.inputs[0]));

/**
 * Each of two varying factors gets half of the relevance (Achtibat et al. 2024, "AttnLRP", section 3.3). If both are elementwise functions
 * of one value, as in x sigmoid(x), the product is an activation and passes relevance unchanged.
 */
export const product: Rule = (b, step, relevance) => {
  const { inputs, wanted } = step;
  if (wanted.filter(Boolean).length < 2) return pass(b, step, relevance);
  const nearest = activationInput(b, step);
  if (nearest !== undefined) return inputs.map((_, i) => (i === nearest.index ? relevance : undefined));
  return inputs.map(() => b.div(relevance, 2));
};

/** Each of two varying matrices of a product gets half of the relevance, in proportion to the terms. */
export const bilinear =
  (rule: Rule): Rule =>
  (b, step, relevance) => {
    const shared = step.wanted[0] && step.wanted[1] ? 2 : 1;
    const parts = proportional(rule)(b, step, relevance);
    return parts.map((part, i) => (part === undefined || i > 1 ? part : b.div(part, shared)));
  };

/** A varying divisor counts as a normalisation: all relevance goes to the dividend (Achtibat et al. 2024). */
export const quotient: Rule = (b, step, relevance) =>
  step.wanted[0] ? [relevance] : pass(b, step, relevance);

/** x - mean(x) is a normalisation and passes relevance to x. Other differences divide it in proportion to their terms. */
export const difference =
  (rule: Rule): Rule =>
  (b, step, relevance) => {
    const { inputs, upstream } = step;
    const producer = upstream().find(({ outputs }) => outputs.includes(inputs[1]));
    const centres = producer?.op === 'ReduceMean' && producer.inputs[0] === inputs[0];
    return centres ? [relevance] : proportional(rule)(b, step, relevance);
  };

/**
 * R_i = x_i (R_i - y_i sum_j R_j): the first-order expansion of softmax at x (Achtibat et al. 2024, eq. 13). It does not conserve
 * relevance.
 */
export const softmax: Rule = (b, { node, inputs: [x], outputs: [y] }, relevance) => {
  const axis = (attributesOf(node, 'Softmax').axis + b.rank(x)) % b.rank(x);
  return [b.mul(x, b.sub(relevance, b.mul(y, b.sum(relevance, [axis]))))];
};

const REMEDY = 'Use the rules gradient or guided, or name a value after it by --wrt (in a program cut).';

export const notDefinedFor = (what: string): RuleEntry =>
  refused(`relevance propagation is not defined for ${what}`, REMEDY);

/** Replaces all rules of a family by `policy`. Rows that are not rules (zero or refused) stay. */
export function mapRules<Family extends Readonly<Record<string, RuleEntry>>>(
  family: Family,
  policy: (rule: Rule) => RuleEntry,
): { readonly [Op in keyof Family]: RuleEntry } {
  const rows = Object.entries(family).map(([op, row]) => [op, typeof row === 'function' ? policy(row) : row]);
  return Object.fromEntries(rows) as { readonly [Op in keyof Family]: RuleEntry };
}
