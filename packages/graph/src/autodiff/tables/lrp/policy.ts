import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { Rule, RuleEntry } from '../../rules/rule.js';
import { refused } from '../../rules/rule.js';
import { activationInput } from '../decomposed-activation.js';
import { stabilised } from './rule.js';

/** One number in, one number out: the relevance of the output is that of the input. */
export const pass: Rule = (_, { wanted }, relevance) => {
  const at = wanted.indexOf(true);
  return wanted.map((_wanted, i) => (i === at ? relevance : undefined));
};

/** Passes by the first input, whatever else varies: normalisations by statistics of their input count as constant factors. */
export const passFirst: Rule = (_, { wanted }, relevance) => [wanted[0] ? relevance : undefined];

/**
 * In proportion to what each input contributes: R_i = x_i (dy/dx_i R / y), which conserves relevance where y is linear in its
 * inputs. Constants keep their share.
 */
export const proportional =
  (rule: Rule): Rule =>
  (b, step, relevance) => {
    const shares = rule(b, step, b.div(relevance, stabilised(b, step.outputs[0])));
    return step.inputs.map((x, i) => times(b, x, step.wanted[i] ? shares[i] : undefined));
  };

const times = (b: MathBuilder, x: string, share: string | undefined): string | undefined =>
  share === undefined ? undefined : b.mul(x, share);

/** As {@link proportional} for y that is linear in its first input; where that is read, and with what weights, counts as constant. */
export const proportionalFirst =
  (rule: Rule): Rule =>
  (b, step, relevance) =>
    proportional(rule)(b, { ...step, wanted: step.wanted.map((wanted, i) => wanted && i === 0) }, relevance);

/** As {@link proportional} for y of another degree in its inputs (2 of a sum of squares), so that the shares sum to 1. */
export const homogeneous =
  (rule: Rule, degree: number): Rule =>
  (b, step, relevance) =>
    proportional(rule)(b, step, b.div(relevance, degree));

/** For y whose derivative times its only input sums to 1: R_i = x_i (dy/dx_i R). */
export const timesInput =
  (rule: Rule): Rule =>
  (b, step, relevance) =>
    rule(b, step, relevance).map((share) => share && b.mul(share, step.inputs[0]));

/**
 * A product of two values that both vary: half the relevance each (Achtibat et al. 2024, "AttnLRP", section 3.3). Where they are
 * functions of one value element by element (x sigmoid(x)), the product is an activation, and passes.
 */
export const product: Rule = (b, step, relevance) => {
  const { inputs, wanted } = step;
  if (wanted.filter(Boolean).length < 2) return pass(b, step, relevance);
  const near = activationInput(b, step);
  if (near !== undefined) return inputs.map((_, i) => (i === near.at ? relevance : undefined));
  return inputs.map(() => b.div(relevance, 2));
};

/** A matrix product of two values that both vary: half the relevance each, in proportion to the terms. */
export const bilinear =
  (rule: Rule): Rule =>
  (b, step, relevance) => {
    const shared = step.wanted[0] && step.wanted[1] ? 2 : 1;
    const parts = proportional(rule)(b, step, relevance);
    return parts.map((part, i) => (part === undefined || i > 1 ? part : b.div(part, shared)));
  };

/** A quotient: by what varies below the line it is normalised, so the relevance stays above it (Achtibat et al. 2024). */
export const quotient: Rule = (b, step, relevance) =>
  step.wanted[0] ? [relevance] : pass(b, step, relevance);

/** x - mean(x) is a normalisation; other differences are sums. */
export const difference =
  (rule: Rule): Rule =>
  (b, step, relevance) => {
    const { inputs, upstream } = step;
    const maker = upstream().find(({ outputs }) => outputs.includes(inputs[1]));
    const centres = maker?.op === 'ReduceMean' && maker.inputs[0] === inputs[0];
    return centres ? [relevance] : proportional(rule)(b, step, relevance);
  };

/** R_i = x_i (R_i - s_i sum_j R_j): softmax expanded to first order at x (Achtibat et al. 2024, eq. 13). Not conserving. */
export const softmax: Rule = (b, { node, inputs: [x], outputs: [y] }, relevance) => {
  const axis = (attributesOf(node, 'Softmax').axis + b.rank(x)) % b.rank(x);
  return [b.mul(x, b.sub(relevance, b.mul(y, b.sum(relevance, [axis]))))];
};

const REMEDY = 'Use the rules gradient or guided, or explain an inner tensor after it (cut).';

export const undefinedFor = (what: string): RuleEntry =>
  refused(`relevance propagation is not defined for ${what}`, REMEDY);

/** All rows of a family by one policy; rows that are flat stay so. */
export function each<Family extends Readonly<Record<string, RuleEntry>>>(
  family: Family,
  policy: (rule: Rule) => RuleEntry,
): { readonly [Op in keyof Family]: RuleEntry } {
  const rows = Object.entries(family).map(([op, row]) => [op, typeof row === 'function' ? policy(row) : row]);
  return Object.fromEntries(rows) as { readonly [Op in keyof Family]: RuleEntry };
}
