import {
  asBatch,
  defineExplainer,
  dependsOnLayout,
  type Features,
  fail,
  featuresFor,
  featuresHelp,
  fold,
  marginAt,
  meter,
  option,
  type Settings,
  sameShape,
  type Tensor,
  valuesOfFeatures,
  z,
} from '@onnxplain/core';
import { fillBaseline } from '../baseline.js';
import { LAYOUT } from '../layout.js';
import { searchRule } from './beam.js';
import { shareOf } from './best-arms.js';
import { alikeRows, type Surroundings } from './surroundings.js';

const share = (what: string) => z.number(what).positive(what).max(1, what);

const options = {
  precision: share('a number above 0 and at most 1')
    .default(0.95)
    .describe(
      'Least precision: the probability that the prediction stays while the anchor keeps its values.',
    ),
  most: option.count().default(8).describe('Greatest number of features of an anchor.'),
  beam: option
    .count()
    .default(4)
    .describe('How many rules are extended by one feature. More find better anchors and cost more.'),
  delta: share('a number above 0 and at most 1')
    .default(0.05)
    .describe('Probability that a choice between rules, or the interval of the precision, is wrong.'),
  tolerance: share('a number above 0 and at most 1')
    .default(0.05)
    .describe(
      'How far the lower bound of the precision of an anchor may lie below `precision`. Smaller values cost more.',
    ),
  draws: option
    .count(10_000_000)
    .default(20_000)
    .describe(
      'Most draws of a rule. A rule that reaches them counts by what is known then, so that `reached` may be false where more draws would ' +
        'tell.',
    ),
  baseline: option
    .baseline()
    .optional()
    .describe(
      "What replaced features become: one number, or a tensor of the input's shape or repeated to it. Default: 0 where no background is given.",
    ),
  background: option
    .tensor()
    .optional()
    .describe(
      'Rows of the training data, [n, ...shape of the input]: replaced features take the values of one random row. Default: none.',
    ),
  replace: share('a number above 0 and at most 1')
    .optional()
    .describe(
      'Probability that a feature outside of the rule is replaced. Default: 0.5; with a background 1.',
    ),
  features: option.features().default('elements').describe(featuresHelp('What a rule keeps as one')),
  layout: option.layout().describe(LAYOUT),
};

type AnchorSettings = Settings<typeof options>;

/**
 * Anchor: few features that keep the prediction while all others are replaced. A ranking: of an anchor of k features the one that was added
 * first has the number k, the last one 1, and features outside have 0.
 *
 * A draw replaces each feature outside of the rule with probability `replace`, by the baseline (as words and superpixels in the paper) or
 * by the values of one row of the background (as columns of tables). The precision of a rule is the probability that the margin stays
 * above 0. A beam search adds one feature at a time; KL-LUCB decides which rules are the most precise. Of the rules whose precision
 * reaches `precision`, up to `tolerance`, the one of the greatest coverage is taken. Coverage is the probability that a draw without a
 * rule satisfies it: each of its features was not replaced, or by a value like that of x. Alike are equal values, and with a background
 * values of the same quarter of the background. A rule gets `draws` draws at most, rounded up to a multiple of 64. No feature
 * is needed where the prediction stays anyway.
 *
 * `details`: whether the precision was reached (`reached`; otherwise the values are of the most precise rule of the last beam), its
 * estimate (`precision`), the ends of its interval (`precision-low`, `precision-high`, each wrong with probability `delta` at most, over
 * all rules of a beam), `coverage`, the number of features (`size`) and of `draws`. Draw i depends on (key, i) and the rule.
 * Throws `not-applicable` for a score without a margin and an input whose margin is not above 0, `option-value` for a baseline beside a
 * background, `tensor-shape` for one that does not fit, `non-finite` where the margin is not a number, and what `featuresFor` throws.
 * Source: Ribeiro et al. 2018, Algorithms 1 and 2.
 */
export const anchor = defineExplainer({
  name: 'anchor',
  summary: 'Few features that keep the prediction while all others are replaced.',
  options,
  positional: ['precision'],
  example: { precision: 0.9, most: 2, features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: settleAnchor,
  make: (settings, expression) => ({
    kind: 'ranking',
    async explain(f, x, key) {
      const { layout = f.layout } = settings;
      const features = featuresFor(expression, x.shape, { features: settings.features, layout, x });
      const around = surroundingsOf(expression, { x, features }, settings);
      const { score: margin, cost } = meter((await marginAt(expression, { f, x })).margin);
      const search = { where: expression, margin, around, key: fold(key, 'anchor') };
      const { rule, bounds, reached } = await searchRule(search, settings);
      const numbers = new Float64Array(features.count);
      rule.order.forEach((feature, i) => {
        numbers[feature] = rule.order.length - i;
      });
      return {
        ...valuesOfFeatures(numbers, features, x.shape),
        details: {
          reached,
          precision: shareOf(rule),
          'precision-low': bounds.low,
          'precision-high': bounds.high,
          coverage: rule.coverage,
          size: rule.order.length,
          draws: rule.n,
        },
        cost: { ...cost(), forward: cost().forward + 1 },
      };
    },
  }),
});

function settleAnchor(given: AnchorSettings): AnchorSettings {
  if (given.baseline !== undefined && given.background !== undefined) {
    fail({
      code: 'option-value',
      where: 'anchor(baseline)',
      expected: 'a baseline or a background',
      got: 'both',
      remedy: 'Leave one of them out.',
    });
  }
  return dependsOnLayout(given.features) ? given : { ...given, layout: undefined };
}

function surroundingsOf(
  where: string,
  { x, features }: { readonly x: Tensor; readonly features: Features },
  { baseline = 0, background, replace }: AnchorSettings,
): Surroundings {
  if (background === undefined) {
    const one = asBatch(fillBaseline(baseline, x.shape));
    const alike = alikeRows(x, one, { features, exactly: true });
    return { x, features, background: one, replace: replace ?? 0.5, alike };
  }
  const [n, ...rest] = background.shape;
  if (!(n > 0) || !sameShape(rest, x.shape)) {
    fail({
      code: 'tensor-shape',
      where: `${where}: background`,
      expected: `an array of inputs, [n${x.shape.map((dim) => `, ${dim}`).join('')}]`,
      got: `[${background.shape.join(', ')}]`,
      remedy: 'Give rows of the training data: background=rows.npy or background=rows(train.csv).',
    });
  }
  const alike = alikeRows(x, background, { features, exactly: false });
  return { x, features, background, replace: replace ?? 1, alike };
}
