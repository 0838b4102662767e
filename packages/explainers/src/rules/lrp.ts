import {
  asBatch,
  type Explainer,
  entry,
  expression,
  option,
  parseOptions,
  row,
  sum,
  toFloat64,
  z,
} from '@onnxplain/core';
import { explainer } from '../explainer.js';
import { withRules } from './with-rules.js';

export const lrpRules = [
  'epsilon-plus', 'epsilon-alpha2-beta1', 'epsilon-gamma-box', 'epsilon', 'gamma', 'alpha-beta', 'z-plus', 'flat', 'w-square',
] as const; // biome-ignore format: composites, then single rules

/** One rule for all layers, or a composite: full connections by epsilon, convolutions by the rule named after it. */
export type LrpRuleName = (typeof lrpRules)[number];

const number = () => option.number().optional();
const firsts = ['flat', 'w-square', 'none'] as const;

const options = z.strictObject({
  rule: z.enum(lrpRules, `one of ${lrpRules.join(', ')}`).default('epsilon-plus'),
  epsilon: option.positive().optional(),
  gamma: number(),
  alpha: number(),
  beta: number(),
  first: z.enum(firsts, `one of ${firsts.join(', ')}`).optional(),
  low: number(),
  high: number(),
});

/** Options beside `rule` go to the rule, which refuses those that it does not have. */
export interface LrpOptions {
  /** Default `epsilon-plus`: full connections by epsilon, convolutions by their positive contributions. */
  readonly rule?: LrpRuleName;
  /** Added to what relevance is divided by, with its sign, in units of activations; default 1e-6. */
  readonly epsilon?: number;
  /** How much more contributions of the output's sign count; default 0.25. */
  readonly gamma?: number;
  /** Shares of positive and negative contributions, alpha - beta = 1; default 2 and 1. */
  readonly alpha?: number;
  readonly beta?: number;
  /** Another rule for the layer that sees the input; default none. */
  readonly first?: (typeof firsts)[number];
  /** Bounds of the input, for `epsilon-gamma-box`; default 0 and 1. */
  readonly low?: number;
  readonly high?: number;
}

/**
 * Layer-wise relevance propagation: the score itself is handed back from layer to layer, each input of a layer getting its share.
 * Global, units of f. `residual` is f(x) less the sum of the values: what biases, stabilisers and attention kept.
 * Needs the score of a model: throws `not-applicable` for others, `op-no-gradient` for models with layers that have no
 * such rule (recurrent ones), `option-*` for options that the rule does not have.
 * Sources: Bach et al. 2015; Montavon et al. 2019, "Layer-Wise Relevance Propagation: An Overview".
 */
export function lrp(given: LrpOptions = {}): Explainer {
  const { rule, ...rest } = parseOptions('lrp', options, { ...given });
  const ruleOptions = definedOf(rest);
  const identity = { expression: expression('lrp', [rule], ruleOptions), kind: 'global' } as const;
  return explainer(identity, async (f, x) => {
    const one = asBatch(x);
    const backward = await withRules(f, { name: `lrp-${rule}`, ...ruleOptions });
    const [relevance, [value]] = await Promise.all([backward.gradient(one), f.value(one)]);
    const values = toFloat64(row(relevance, 0));
    return { values, residual: value - sum(values), cost: { forward: 1, backward: 1 } };
  });
}

function definedOf(
  given: Readonly<Record<string, number | string | undefined>>,
): Record<string, number | string> {
  const defined: Record<string, number | string> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) defined[name] = value;
  return defined;
}

export const lrpEntry = entry({
  name: 'lrp',
  summary: 'Layer-wise relevance propagation by a rule or a composite of rules.',
  positional: ['rule'],
  options,
  make: lrp,
});
