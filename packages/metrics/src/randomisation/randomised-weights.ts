import {
  type Attribution,
  asBatch,
  type Comparison,
  type DrawnWeights,
  defineMetric,
  fail,
  featureValues,
  fold,
  type Key,
  type Measured,
  option,
  rankCorrelation,
  type Score,
  type Settings,
  type Subject,
  type Tensor,
  z,
} from '@onnxplain/core';
import { estimateMean } from '../infidelity/mean.js';
import { type Order, orderOption } from '../ranking/ranks.js';
import { expectSameScoreAndInput, expectSubject } from '../subject.js';
import { explainerOf } from '../subject-explainer.js';
import { scoreWithWeights } from './score-with-weights.js';

const name = 'randomised-weights';

const options = {
  draws: option
    .count()
    .default(5)
    .describe('How many times the weights are drawn; the standard error falls as 1/sqrt(draws).'),
  layers: z
    .union([option.count(), z.literal('all')], 'a positive integer or all')
    .default(1)
    .describe(
      'How many layers get new weights, counted from the output back; all for every layer. Default: 1.',
    ),
  weights: option
    .choice(['normal', 'permuted'])
    .default('normal')
    .describe(
      'normal: drawn with the mean and the standard deviation of the trained weights of each tensor. permuted: the trained weights in random order.',
    ),
  explained: option
    .choice(['same', 'predicted'])
    .default('same')
    .describe(
      'Which class of a model with drawn weights is explained. same: that of the score. predicted: the one that this model predicts, for ' +
        'explainers that explain predicted classes only, such as greedy-as.',
    ),
  order: orderOption(),
};

type Asked = Settings<typeof options>;

/**
 * Randomised weights: the mean rank correlation (Spearman's) between the explanation and that of the same model with weights of its
 * last layers drawn anew, over `draws` of the weights, with its standard error. Lower is better: an explanation that stays the same says
 * nothing of what the model learned. The class that is explained stays the same, or is the one that the drawn model predicts
 * (`explained`). All attributions are compared on the same draws, and explained again with the random numbers of the first time.
 * Details: `absolute` and `signed`, the means of both orders, with `absoluteStderr` and `signedStderr`.
 *
 * Invalid where an explanation is the same for all features, which has no ranks, and for one draw, which has no standard error.
 * Measuring throws `not-applicable` when the subject has no `explain`, for a score that is not of a model, for one without classes
 * with explained=predicted, and for a model with fewer layers, and what the explainer throws.
 * Source: [H21] Appendix I; Adebayo et al. 2018, Sanity Checks for Saliency Maps.
 */
export const randomisedWeights = defineMetric({
  name,
  summary: 'Rank correlation with the explanation of the model with random weights.',
  options,
  positional: ['layers', 'draws'],
  example: { draws: 30 },
  promises: ['mean', 'random'],
  make: (settings) => ({
    better: 'lower',
    units: 'rank correlation',
    source: 'Hsieh et al. 2021, Appendix I',
    least: -1,
    definition: {
      value: 'mean rank correlation (Spearman) of the explanation with those of models with drawn weights',
      order:
        settings.order === 'signed' ? 'of the values' : 'of the absolute values; of a ranking, the values',
      layers: settings.layers === 'all' ? 'all' : `the last ${settings.layers}`,
      weights: settings.weights,
      draws: `${settings.draws}`,
      explained:
        settings.explained === 'same' ? 'the class of the score' : 'the class that the drawn model predicts',
    },
    measure: async (subject, key) => (await compareAll(settings, [subject], key)).measured[0],
    compare: (subjects, key) => compareAll(settings, subjects, key),
  }),
});

async function compareAll(settings: Asked, subjects: readonly Subject[], key: Key): Promise<Comparison> {
  for (const subject of subjects) expectSubject(name, subject);
  const place = expectSameScoreAndInput(name, subjects);
  const explainers = subjects.map((subject) => explainerOf(name, subject));
  const found = subjects.map(() => ({ absolute: [] as number[], signed: [] as number[] }));
  for (let i = 0; i < settings.draws; i++) {
    const drawn = await drawnScore(place, settings, fold(fold(key, 'weights'), i));
    for (const [s, { x, attribution }] of subjects.entries()) {
      const other = await explainers[s](drawn, x, attribution.key);
      found[s].absolute.push(correlation(attribution, other, 'absolute'));
      found[s].signed.push(correlation(attribution, other, 'signed'));
    }
  }
  const own = found.map((each) => Float64Array.from(each[settings.order]));
  return {
    measured: found.map(({ absolute, signed }, s) => measuredOf(own[s], { absolute, signed })),
    differences: own.map((a) => own.map((b) => meanOf(a.map((value, i) => value - b[i])))),
  };
}

interface Place {
  readonly f: Score;
  readonly x: Tensor;
}

/** The score with weights drawn anew, of the class that is explained. */
async function drawnScore({ f, x }: Place, { layers, weights, explained }: Asked, key: Key): Promise<Score> {
  const draw: DrawnWeights = { layers, draw: weights, key };
  const drawn = await scoreWithWeights(name, f, { weights: draw });
  if (explained === 'same') return drawn;
  const { classes } = drawn;
  if (classes === undefined) {
    return fail({
      code: 'not-applicable',
      where: `${name}(explained)`,
      expected: 'the score of one class of several, for explained=predicted',
      got: 'a score without classes',
      remedy: 'Leave explained out.',
    });
  }
  const { data } = await classes.values(asBatch(x));
  const target = data.indexOf(Math.max(...data));
  return target === classes.target ? drawn : scoreWithWeights(name, f, { weights: draw, target });
}

const meanOf = (numbers: Float64Array) =>
  estimateMean(numbers, new Float64Array(numbers.length).fill(1), false);

function measuredOf(own: Float64Array, both: Readonly<Record<Order, readonly number[]>>): Measured {
  const estimate = meanOf(own);
  const details: Record<string, number> = {};
  for (const [order, numbers] of Object.entries(both)) {
    const mean = meanOf(Float64Array.from(numbers));
    if (mean.kind !== 'mean') continue;
    details[order] = mean.value;
    details[`${order}Stderr`] = mean.stderr;
  }
  return { estimate, details };
}

/** The rank correlation over features; over elements where the two explanations have other features. */
function correlation(a: Attribution, b: Attribution, order: Order): number {
  const isSame =
    a.features?.count === b.features?.count &&
    (a.features?.of ?? []).every((at, i) => at === b.features?.of[i]);
  const numbersOf = (each: Attribution): Float64Array => {
    const numbers = isSame ? featureValues(each) : Float64Array.from(each.values.data);
    return order === 'signed' || each.kind === 'ranking' ? numbers : numbers.map(Math.abs);
  };
  return rankCorrelation(numbersOf(a), numbersOf(b));
}
