import {
  type Attribution,
  type Comparison,
  type Estimate,
  elementFeatures,
  fold,
  type Key,
  type Measured,
  type MetricRecipe,
  moments,
  option,
  row,
  type Score,
  type Settings,
  type Subject,
  spans,
  type Tensor,
  z,
  zeros,
} from '@onnxplain/core';
import { estimateMean } from '../infidelity/mean.js';
import { withWarning } from '../infidelity/warning.js';
import { expectSameScoreAndInput, expectSubject } from '../subject.js';
import { countOf, importances, orderDefinition, orderOption, ranksOf } from './ranks.js';
import { type References, referenceDefinition, referenceOptions, referencesOf } from './reference.js';

/** 5, 10, ..., 45: the percentages of [H21]. */
const PERCENTAGES = Array.from({ length: 9 }, (_, i) => 5 * (i + 1));

const percentage = () => option.number().min(0, 'a percentage').max(100, 'a percentage');

/** Options of insertion and deletion. */
export const curveOptions = {
  ...referenceOptions,
  percentages: z
    .array(percentage())
    .min(2, 'at least two percentages')
    .refine((all) => all.every((each, i) => i === 0 || each > all[i - 1]), 'percentages in ascending order')
    .optional()
    .describe(
      'Percentages of the features at which f is evaluated, ascending, from 0 to 100; the number of features is rounded down. ' +
        'Default: 5, 10, ..., 45, as in [H21].',
    ),
  order: orderOption(),
};

type CurveSettings = Settings<typeof curveOptions>;

/** Which features are at the reference: the first ones of the ranking ('deletion'), or all others ('insertion'). */
export interface CurveKind {
  readonly where: 'insertion' | 'deletion';
  readonly settings: CurveSettings;
}

/** What insertion and deletion have in common. */
export function removalCurve({ where, settings }: CurveKind): MetricRecipe {
  const { percentages = PERCENTAGES, order } = settings;
  const compare = (subjects: readonly Subject[], key: Key) => compareAll({ where, settings }, subjects, key);
  const what =
    where === 'deletion' ? 'the first features are at the reference' : 'all but the first are at it';
  return {
    better: where === 'deletion' ? 'lower' : 'higher',
    units: 'units of f times percent of the features',
    source: 'Hsieh et al. 2021, section 4.2',
    definition: {
      value: `area by the trapezoid rule below f as a function of the percentage of features, when ${what}`,
      percentages: percentages.join(', '),
      order: orderDefinition[order],
      ...referenceDefinition(settings),
    },
    measure: async (subject, key) => (await compare([subject], key)).measured[0],
    compare,
  };
}

async function compareAll(kind: CurveKind, subjects: readonly Subject[], key: Key): Promise<Comparison> {
  const { where, settings } = kind;
  for (const subject of subjects) expectSubject(where, subject);
  const { f, x } = expectSameScoreAndInput(where, subjects);
  const references = referencesOf(where, { f, x, key }, settings);
  const sampled = settings.reference === 'uniform';
  const curves: Curves[] = [];
  for (const { attribution } of subjects)
    curves.push(await curvesOf(kind, { f, x, attribution, references, key }));
  return {
    measured: curves.map((curve) => measuredOf(kind, curve, sampled)),
    differences: curves.map((a) =>
      curves.map((b) =>
        meanOf(
          a.areas.map((area, i) => area - b.areas[i]),
          sampled,
        ),
      ),
    ),
  };
}

/** f at each percentage and the area below, for each reference. */
interface Curves {
  /** [references, percentages]. */
  readonly values: Float64Array;
  readonly areas: Float64Array;
}

interface CurveQuestion {
  readonly f: Score;
  readonly x: Tensor;
  readonly attribution: Attribution;
  readonly references: References;
  readonly key: Key;
}

async function curvesOf(
  { where, settings: { percentages = PERCENTAGES, order } }: CurveKind,
  { f, x, attribution, references, key }: CurveQuestion,
): Promise<Curves> {
  const { of } = attribution.features ?? elementFeatures(x.shape);
  const numbers = importances(attribution, order);
  const ranks = ranksOf(numbers, fold(key, 'ties'));
  const counts = percentages.map((each) => countOf(each, numbers.length));
  const values = new Float64Array(references.count * counts.length);
  const write = (input: Tensor['data'], absent: Tensor, first: number) => {
    for (let j = 0; j < input.length; j++)
      input[j] = ranks[of[j]] < first === (where === 'deletion') ? absent.data[j] : x.data[j];
  };
  for (const { from, to } of spans(references.count, counts.length * x.data.length)) {
    const inputs = zeros([(to - from) * counts.length, ...x.shape], x);
    for (let draw = from; draw < to; draw++) {
      const absent = references.at(draw);
      counts.forEach((first, i) => {
        write(row(inputs, (draw - from) * counts.length + i).data, absent, first);
      });
    }
    values.set(await f.value(inputs), from * counts.length);
  }
  return { values, areas: areasOf(values, percentages) };
}

/** The area below each row of values, by the trapezoid rule. */
function areasOf(values: Float64Array, percentages: readonly number[]): Float64Array {
  const width = percentages.length;
  return Float64Array.from({ length: values.length / width }, (_, row) => {
    let area = 0;
    for (let i = 1, at = row * width + 1; i < width; i++, at++)
      area += ((percentages[i] - percentages[i - 1]) * (values[at] + values[at - 1])) / 2;
    return area;
  });
}

/** The mean over random references, or the only number. */
function meanOf(numbers: Float64Array, sampled: boolean): Estimate {
  return withWarning(estimateMean(numbers, new Float64Array(numbers.length).fill(1), !sampled));
}

function measuredOf({ where, settings }: CurveKind, { values, areas }: Curves, sampled: boolean): Measured {
  const estimate = meanOf(areas, sampled);
  if (estimate.kind === 'invalid') return { estimate };
  const { percentages: x = PERCENTAGES } = settings;
  const points = x.map((_, i) =>
    moments.value(columnOf(values, i, x.length).reduce(moments.add, moments.init())),
  );
  return {
    estimate,
    curve: {
      xLabel: where === 'deletion' ? 'percent of features removed' : 'percent of features inserted',
      x,
      yLabel: 'f',
      y: points.map(({ mean }) => mean),
      ...(sampled && { stderr: points.map(({ stderr }) => stderr) }),
    },
  };
}

const columnOf = (values: Float64Array, column: number, width: number): number[] =>
  Array.from({ length: values.length / width }, (_, row) => values[row * width + column]);
