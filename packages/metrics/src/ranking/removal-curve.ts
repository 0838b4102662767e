import {
  type Attribution,
  type Comparison,
  type Estimate,
  type Key,
  type Measured,
  type MetricRecipe,
  moments,
  row,
  type Score,
  type Settings,
  type Subject,
  spans,
  type Tensor,
  zeros,
} from '@onnxplain/core';
import { estimateMean } from '../infidelity/mean.js';
import { withWarning } from '../infidelity/warning.js';
import { expectSameScoreAndInput, expectSubject } from '../subject.js';
import { rankedFeatures, rankingDefinition, rankingOptions, settleRanking } from './ranked.js';
import {
  type References,
  referenceCount,
  referenceDefinition,
  referenceOptions,
  referencesOf,
  settleReference,
} from './reference.js';
import { areaOf, type Sizes, settleSizes, sizeOptions, sizesDefinition, sizesOf } from './sizes.js';

/** Options of insertion and deletion. */
const options = {
  ...referenceOptions,
  ...sizeOptions,
  ...rankingOptions,
};

type CurveSettings = Settings<typeof options>;

/** Which features are at the reference: the first ones of the ranking ('deletion'), or all others ('insertion'). */
type Which = 'insertion' | 'deletion';

/** What the statements of insertion and deletion have in common. */
export const removalCurve = (where: Which) => ({
  options,
  positional: ['reference', 'draws', 'percentages'] as const,
  example: { draws: 30 },
  promises: ['mean', 'random', 'area-of-curve'] as const,
  settle: (settings: CurveSettings) => settleReference(where, settleRanking(settleSizes(where, settings))),
  make: (settings: CurveSettings) => recipeOf({ where, settings, sizes: sizesOf(settings) }),
});

interface CurveKind {
  readonly where: Which;
  readonly settings: CurveSettings;
  readonly sizes: Sizes;
}

function recipeOf(kind: CurveKind): MetricRecipe {
  const { where, settings, sizes } = kind;
  const compare = (subjects: readonly Subject[], key: Key) => compareAll(kind, subjects, key);
  const what =
    where === 'deletion' ? 'the first features are at the reference' : 'all but the first are at it';
  return {
    better: where === 'deletion' ? 'lower' : 'higher',
    units: `units of f times ${sizes.unit}`,
    source: 'Hsieh et al. 2021, section 4.2',
    definition: {
      value: `area by the trapezoid rule below f as a function of the ${sizes.unit}, when ${what}`,
      ...sizesDefinition(sizes),
      ...rankingDefinition(settings),
      ...referenceDefinition(settings),
    },
    plannedCost: (_f, x, explainers) => ({
      forward: explainers.length * referenceCount(settings, x) * sizes.x.length,
      backward: 0,
    }),
    measure: async (subject, key) => (await compare([subject], key)).measured[0],
    compare,
  };
}

async function compareAll(kind: CurveKind, subjects: readonly Subject[], key: Key): Promise<Comparison> {
  const { where, settings } = kind;
  for (const subject of subjects) expectSubject(where, subject);
  const { f, x } = expectSameScoreAndInput(where, subjects);
  const references = referencesOf(where, { f, x, key }, settings);
  const { sampled } = references;
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

/** f at each size of the set and the area below, for each reference. */
interface Curves {
  /** [references, sizes]. */
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
  { where, settings, sizes }: CurveKind,
  { f, x, attribution, references, key }: CurveQuestion,
): Promise<Curves> {
  const { of, count, ranks } = rankedFeatures(where, { f, x, attribution }, { settings, key });
  const counts = sizes.of(count);
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
  const areas = Float64Array.from({ length: references.count }, (_, i) =>
    areaOf(sizes.x, values.subarray(i * counts.length, (i + 1) * counts.length)),
  );
  return { values, areas };
}

/** The mean over random references, or the only number. */
function meanOf(numbers: Float64Array, sampled: boolean): Estimate {
  return withWarning(estimateMean(numbers, new Float64Array(numbers.length).fill(1), !sampled));
}

function measuredOf({ where, sizes }: CurveKind, { values, areas }: Curves, sampled: boolean): Measured {
  const estimate = meanOf(areas, sampled);
  if (estimate.kind === 'invalid') return { estimate };
  const { x, unit } = sizes;
  const points = x.map((_, i) =>
    moments.value(columnOf(values, i, x.length).reduce(moments.add, moments.init())),
  );
  return {
    estimate,
    curve: {
      xLabel: `${unit} ${where === 'deletion' ? 'removed' : 'inserted'}`,
      x,
      yLabel: 'f',
      y: points.map(({ mean }) => mean),
      ...(sampled && { stderr: points.map(({ stderr }) => stderr) }),
    },
  };
}

const columnOf = (values: Float64Array, column: number, width: number): number[] =>
  Array.from({ length: values.length / width }, (_, row) => values[row * width + column]);
