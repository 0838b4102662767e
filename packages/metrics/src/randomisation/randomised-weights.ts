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
  OnnxplainError,
  option,
  rankCorrelation,
  repeatedCost,
  type Score,
  type Settings,
  type Subject,
  sumOfCosts,
  type Tensor,
  z,
} from '@onnxplain/core';
import { estimateMean } from '../infidelity/mean.js';
import { explainingCost } from '../planned-cost.js';
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
  cascade: option
    .flag()
    .default(false)
    .describe(
      'Also draws the last 1, 2, ... layers up to `layers`, which must then be a number: the curve has the correlation at each depth. The ' +
        'deeper draws keep the weights of the shallower ones. Costs `layers` times as much.',
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
 * Details: `absolute` and `signed`, the means of both orders, with `absoluteStderr` and `signedStderr`. With `cascade`, the curve has the
 * mean in the asked order after the last 1, 2, ..., `layers` layers were drawn, and the details have both orders at each of these depths
 * (`absolute 2`, ...).
 *
 * Invalid where an explanation is the same for all features, which has no ranks, and for one draw, which has no standard error.
 * Throws `option-value` for cascade with layers=all. A run refuses a model with fewer layers before it starts. Measuring throws `not-
 * applicable` when the subject has no `explain`, for a score that is not of a model, for one without classes with explained=predicted, and
 * for a model with fewer layers, and what the explainer throws.
 * Source: [H21] Appendix I; Adebayo et al. 2018, Sanity Checks for Saliency Maps.
 */
export const randomisedWeights = defineMetric({
  name,
  summary: 'Rank correlation with the explanation of the model with random weights.',
  options,
  positional: ['layers', 'draws'],
  example: { draws: 30 },
  promises: ['mean', 'random'],
  settle: settleLayers,
  make: (settings, expression) => ({
    needs: settings.layers === 'all' ? [] : [{ where: `${expression}: layers`, layers: settings.layers }],
    better: 'lower',
    units: 'rank correlation',
    source: 'Hsieh et al. 2021, Appendix I',
    least: -1,
    most: 1,
    definition: {
      value: 'mean rank correlation (Spearman) of the explanation with those of models with drawn weights',
      order:
        settings.order === 'signed' ? 'of the values' : 'of the absolute values; of a ranking, the values',
      layers:
        settings.layers === 'all'
          ? 'all'
          : `the last ${settings.layers}${settings.cascade ? ', and every smaller number' : ''}`,
      weights: settings.weights,
      draws: `${settings.draws}`,
      explained:
        settings.explained === 'same' ? 'the class of the score' : 'the class that the drawn model predicts',
    },
    plannedCost: (f, x, explainers) =>
      repeatedCost(
        settings.draws * depthsOf(settings).length,
        sumOfCosts([
          { forward: settings.explained === 'same' ? 0 : 1, backward: 0 },
          explainingCost(f, x, explainers),
        ]),
      ),
    measure: async (subject, key) => (await compareAll(settings, [subject], key)).measured[0],
    compare: (subjects, key) => compareAll(settings, subjects, key),
  }),
});

/** Refuses a cascade to a depth that is not known before the model is. */
function settleLayers<O extends Pick<Asked, 'cascade' | 'layers'>>(asked: O): O {
  if (!asked.cascade || asked.layers !== 'all') return asked;
  return fail({
    code: 'option-value',
    where: `${name}(cascade)`,
    expected: 'a number of layers for a cascade',
    got: 'layers=all',
    remedy:
      'Give the number of layers, e.g. layers=4. A number that is too large gets an error that says how many there are.',
  });
}

/** The correlations of every draw, in both orders. */
type Found = Readonly<Record<Order, number[]>>;

async function compareAll(settings: Asked, subjects: readonly Subject[], key: Key): Promise<Comparison> {
  for (const subject of subjects) expectSubject(name, subject);
  const place = expectSameScoreAndInput(name, subjects);
  const explainers = subjects.map((subject) => explainerOf(name, subject));
  const depths = depthsOf(settings);
  const found = subjects.map(() => depths.map((): Found => ({ absolute: [], signed: [] })));
  for (let i = 0; i < settings.draws; i++) {
    for (const [d, layers] of depths.entries()) {
      const drawn = await drawnScore(place, { ...settings, layers }, fold(fold(key, 'weights'), i));
      for (const [s, { x, attribution }] of subjects.entries()) {
        const other = await explainDrawn(settings, () => explainers[s](drawn, x, attribution.key));
        found[s][d].absolute.push(correlation(attribution, other, 'absolute'));
        found[s][d].signed.push(correlation(attribution, other, 'signed'));
      }
    }
  }
  const own = found.map((each) => Float64Array.from(each[depths.length - 1][settings.order]));
  return {
    measured: found.map((each) => measuredOf(each, settings)),
    differences: own.map((a) => own.map((b) => meanOf(a.map((value, i) => value - b[i])))),
  };
}

/** Explains with drawn weights. An explainer that takes the predicted class only may refuse that of the score: then it says what to do. */
async function explainDrawn({ explained }: Asked, explain: () => Promise<Attribution>): Promise<Attribution> {
  try {
    return await explain();
  } catch (cause) {
    const isRefused = cause instanceof OnnxplainError && cause.code === 'not-applicable';
    if (!isRefused || explained === 'predicted') throw cause;
    const { where, expected, got } = cause.diagnosis;
    const remedy = 'Give explained=predicted, for explainers that explain predicted classes only.';
    return fail({ code: 'not-applicable', where: `${name}: ${where}`, expected, got, remedy }, { cause });
  }
}

/** The numbers of layers that are drawn, the asked one last. */
function depthsOf({ cascade, layers }: Asked): readonly Asked['layers'][] {
  return cascade && layers !== 'all' ? Array.from({ length: layers }, (_, i) => i + 1) : [layers];
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

/** What the draws gave at each depth, from the last layer back; the number is that of the last depth. */
function measuredOf(found: readonly Found[], { cascade, order }: Asked): Measured {
  const last = found[found.length - 1];
  const details = Object.fromEntries([
    ...detailsOf(last, ''),
    ...(cascade ? found.flatMap((each, depth) => detailsOf(each, ` ${depth + 1}`)) : []),
  ]);
  const means = found.map((each) => meanOf(Float64Array.from(each[order])));
  const curve = {
    xLabel: 'layers with drawn weights, from the output back',
    x: found.map((_, depth) => depth + 1),
    yLabel: 'rank correlation',
    y: means.map((mean) => ('value' in mean ? mean.value : Number.NaN)),
    stderr: means.map((mean) => ('stderr' in mean ? mean.stderr : Number.NaN)),
  };
  // A curve has no gaps: explanations without ranks at some depth have details only.
  const whole = cascade && curve.y.every(Number.isFinite);
  return { estimate: means[means.length - 1], details, ...(whole && { curve }) };
}

/** The mean of each order with its standard error, by names that end in `suffix`. */
function detailsOf(found: Found, suffix: string): readonly (readonly [string, number])[] {
  return (['absolute', 'signed'] as const).flatMap((order) => {
    const mean = meanOf(Float64Array.from(found[order]));
    if (mean.kind !== 'mean') return [];
    return [[`${order}${suffix}`, mean.value] as const, [`${order}Stderr${suffix}`, mean.stderr] as const];
  });
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
