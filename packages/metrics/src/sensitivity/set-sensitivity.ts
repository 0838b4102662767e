import {
  type Attribution,
  defineMetric,
  fail,
  firstNonFinite,
  fold,
  isConstantOn,
  option,
} from '@onnxplain/core';
import { importances, type Order, orderDefinition, orderOption, ranksOf } from '../ranking/ranks.js';
import { countOf } from '../ranking/sizes.js';
import { ballOptions, searchOption, settleBall } from './ball.js';
import { noiseOption } from './noise.js';
import { sensitivity } from './sensitivity.js';

const name = 'set-sensitivity';

/**
 * Set sensitivity: 1 less the smallest share of the top features that the explanation at an input near x has in common with the one at
 * x, over draws in a ball; a lower bound of the maximum over the ball. Between 0, the same set everywhere, and 1. The top features
 * are the given percentage, rounded down, at least one. Ties are broken alike at all inputs.
 * Throws `option-value` for a ball together with a perturbation. Measuring throws `not-applicable` when the subject has no `explain`.
 * Source: [H21] Definition J.1, which prints a maximum over inputs of the share in common, where the worst case is the minimum.
 */
export const setSensitivity = defineMetric({
  name,
  summary: 'Largest share of the top features that changes over inputs near x.',
  options: {
    ...ballOptions,
    top: option
      .positive()
      .max(100, 'a percentage')
      .default(20)
      .describe('Percentage of the features that make up the set.'),
    order: orderOption(),
    search: searchOption(),
    noise: noiseOption(),
  },
  positional: ['radius', 'draws', 'top'],
  example: { draws: 5, radius: 3, top: 50 },
  promises: ['lower-bound', 'random', 'monotone', 'zero-when-exact', 'positive-when-curved'],
  settle: (options) => settleBall(name, options),
  make: ({ top, order, ...options }) =>
    sensitivity(
      {
        where: name,
        units: 'share of the top features',
        comparable: 'any',
        unitless: true,
        source: 'Hsieh et al. 2021, Definition J.1, with the minimum of the overlap over inputs',
        value: 'largest 1 - |top(x + δ) ∩ top(x)| / |top(x)| over draws of δ, a lower bound',
        definition: { top: `${top} %`, order: orderDefinition[order] },
        async compute({ explained }, { attribution }) {
          const values = await explained();
          if (firstNonFinite(values) >= 0) return Number.NaN;
          if (!isConstantOn({ ...attribution, values })) refuseFeatures(attribution);
          const here = topOf(attribution, top, order);
          const there = topOf({ ...attribution, values }, top, order);
          return [...here].filter((feature) => !there.has(feature)).length / here.size;
        },
        numbers: (results: readonly number[]) => results,
      },
      options,
    ),
});

/** Refuses features such as superpixels, which differ from input to input: a top feature of one is none of another. */
function refuseFeatures({ method }: Attribution): never {
  return fail({
    code: 'not-applicable',
    where: name,
    expected: 'an explanation of the same features at every input',
    got: `${method}, whose features depend on the input`,
    remedy: 'Give the labels of the elements of one input: features=labels.npy.',
  });
}

/** The features that are ranked first. */
function topOf(attribution: Attribution, top: number, order: Order): ReadonlySet<number> {
  const numbers = importances(attribution, order);
  const ranks = ranksOf(numbers, fold(attribution.key, 'ties'));
  const count = Math.max(1, countOf(top, numbers.length));
  return new Set([...ranks.keys()].filter((feature) => ranks[feature] < count));
}
