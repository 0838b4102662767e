import { asBatch, defineExplainer, option, row, setOwn, sum, toFloat64, written } from '@onnxplain/core';
import { withRules } from './with-rules.js';

export const lrpRules = [
  'epsilon-plus', 'epsilon-alpha2-beta1', 'epsilon-gamma-box', 'epsilon', 'gamma', 'alpha-beta', 'z-plus', 'flat', 'w-square',
] as const; // biome-ignore format: composites, then single rules

/** One rule for all layers, or a composite: fully connected layers by epsilon, convolutions by the rule named after it. */
export type LrpRuleName = (typeof lrpRules)[number];

const firstRules = ['flat', 'w-square', 'none'] as const;

/**
 * Layer-wise relevance propagation: the score is passed back from layer to layer, and each input of a layer gets a share of it. Global, in
 * units of f. `residual` is f(x) less the sum of the values: the relevance that biases, stabilisers and attention absorbed.
 * Options beside `rule` belong to the rule, which refuses those that it does not have.
 * Needs the score of a model: throws `not-applicable` for others, `op-no-gradient` for models with layers that have no
 * such rule (recurrent ones), `option-*` for options that the rule does not have.
 * Sources: Bach et al. 2015; Montavon et al. 2019, "Layer-Wise Relevance Propagation: An Overview".
 */
export const lrp = defineExplainer({
  name: 'lrp',
  summary: 'Layer-wise relevance propagation by a rule or a composite of rules.',
  options: {
    rule: option
      .choice(lrpRules)
      .default('epsilon-plus')
      .describe(
        'One rule for all layers, or a composite: fully connected layers by epsilon, convolutions by the rule named after it.',
      )
      .register(written, { as: 'bare' }),
    epsilon: option
      .positive()
      .optional()
      .describe(
        'Added, with its sign, to what relevance is divided by, in units of activations. A larger one absorbs more of it. Default: 1e-6.',
      ),
    gamma: option
      .number()
      .optional()
      .describe("How much more the contributions of the output's sign count. Default: 0.25."),
    alpha: option
      .number()
      .optional()
      .describe('Weight of positive contributions; alpha - beta is 1. Default: 2.'),
    beta: option.number().optional().describe('Weight of negative contributions. Default: 1.'),
    first: option
      .choice(firstRules)
      .optional()
      .describe('Another rule for the layer that sees the input. Default: none.'),
    low: option.number().optional().describe('Least value of an input, for epsilon-gamma-box. Default: 0.'),
    high: option
      .number()
      .optional()
      .describe('Greatest value of an input, for epsilon-gamma-box. Default: 1.'),
  },
  positional: ['rule'],
  promises: ['exact-on-linear'],
  make: ({ rule, ...rest }) => ({
    kind: 'global',
    plannedCost: () => ({ forward: 1, backward: 1 }),
    async explain(f, x) {
      const one = asBatch(x);
      const backward = await withRules(f, { name: `lrp-${rule}`, ...definedOf(rest) });
      const [relevance, [value]] = await Promise.all([backward.gradient(one), f.value(one)]);
      const values = toFloat64(row(relevance, 0));
      return { values, residual: value - sum(values) };
    },
  }),
});

function definedOf(
  given: Readonly<Record<string, number | string | undefined>>,
): Record<string, number | string> {
  const defined: Record<string, number | string> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) setOwn(defined, name, value);
  return defined;
}
