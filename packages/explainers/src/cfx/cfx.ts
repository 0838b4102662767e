import {
  counted,
  defineExplainer,
  dependsOnLayout,
  type Features,
  fail,
  featuresFor,
  featuresHelp,
  marginAt,
  meter,
  option,
  valuesOfFeatures,
} from '@onnxplain/core';
import { LAYOUT } from '../layout.js';
import { targetOption } from '../margin.js';
import { type Change, type ChangeSearch, distanceOf, searchChange } from './search.js';
import { changesOf, elementsOf, keepFewest, rankingOf, shorten } from './sparsify.js';
import { unitsOf } from './units.js';

/**
 * Counterfactual with few changes, called CFX in [H21]: a near input of another class, or of the target class, that differs from x in few
 * features. The number of a feature is how far it is changed, in absolute values and in the units of the distance. A ranking.
 *
 * It minimises λ·max(0, margin + overshoot)² + distance(x, x'), where the overshoot is 5 % of the margin at x, and doubles λ until the
 * prediction changes. Then it keeps the largest changes only, as few as still change the prediction, and shortens them. With `most` it
 * keeps all changes where no more features changed, and otherwise searches again over the features that changed most. Every counterfactual
 * is evaluated. The search has no random numbers.
 *
 * `details`: the distance, how many features changed (`changed`), and the margin there.
 * Throws `not-applicable` where no counterfactual is found, for a score without a margin and for an input whose margin is not above 0;
 * `option-value` for a target that is the class of the score, `tensor-shape` for a background that does not fit, and what `featuresFor`
 * throws. Source: Wachter et al. 2017, Eqs. 2 and 4, with a hinge in place of the squared difference; the limit of features is that of
 * [H21]
 * section 5.
 */
export const cfx = defineExplainer({
  name: 'cfx',
  summary:
    'How far each feature is changed in a near input of another class (counterfactual with few changes).',
  options: {
    most: option
      .count()
      .optional()
      .describe('Greatest number of features that may change. Default: as few as are found to suffice.'),
    target: targetOption(),
    distance: option
      .choice(['l1', 'l2'])
      .default('l1')
      .describe('l1: the sum of the changes, which prefers few of them. l2: the sum of their squares.'),
    background: option
      .tensor()
      .optional()
      .describe(
        'Rows of the training data, [n, ...shape of the input]: each change is divided by the median absolute deviation of its element. ' +
          'Default: changes are taken as they are.',
      ),
    rounds: option
      .count(1000)
      .default(20)
      .describe('How often the weight of the prediction is doubled at most.'),
    steps: option
      .count(10_000)
      .default(20)
      .describe('Steps of a round at most, each with one gradient and 8 values.'),
    features: option.features().default('elements').describe(featuresHelp('What is changed or kept as one')),
    layout: option.layout().describe(LAYOUT),
  },
  positional: ['most'],
  example: { most: 3, features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: (options) => (dependsOnLayout(options.features) ? options : { ...options, layout: undefined }),
  make: ({ most, target, background, ...options }, expression) => ({
    kind: 'ranking',
    async explain(f, x) {
      const { layout = f.layout, distance, rounds, steps } = options;
      const features = featuresFor(expression, x.shape, { features: options.features, layout, x });
      const unit = unitsOf(expression, background, x.shape);
      const { margin: plain, atX } = await marginAt(expression, { f, x }, target);
      const { score: margin, cost } = meter(plain);
      const search: ChangeSearch = { margin, atX, x, unit, distance, rounds, steps };
      const found = await fewChanges(search, features, most);
      if (found === undefined) return refuse(expression, most, features.count);
      const changes = changesOf(found.u, features, distance);
      return {
        ...valuesOfFeatures(changes, features, x.shape),
        details: {
          distance: distanceOf(found.u, distance),
          changed: rankingOf(changes).length,
          margin: found.margin,
        },
        cost: { ...cost(), forward: cost().forward + 1 },
      };
    },
  }),
});

/** The counterfactual; undefined where none is found. */
async function fewChanges(
  search: ChangeSearch,
  features: Features,
  most?: number,
): Promise<Change | undefined> {
  const whole = await searchChange(search, new Uint8Array(search.unit.length).fill(1));
  if (whole === undefined) return undefined;
  if (most === undefined) return shorten(search, await keepFewest(search, whole, features));
  const ranking = rankingOf(changesOf(whole.u, features, search.distance));
  if (ranking.length <= most) return shorten(search, whole);
  const free = elementsOf(ranking.slice(0, most), features);
  const limited = await searchChange(search, free);
  return limited && shorten(search, limited);
}

function refuse(where: string, most: number | undefined, count: number): never {
  const limit =
    most === undefined || most >= count
      ? ''
      : ` that changes at most ${most} of ${counted(count, 'feature')}`;
  return fail({
    code: 'not-applicable',
    where,
    expected: `a counterfactual${limit}`,
    got: 'none was found',
    remedy: `Give ${limit === '' ? '' : 'a larger most, '}more rounds or steps, or another target.`,
  });
}
