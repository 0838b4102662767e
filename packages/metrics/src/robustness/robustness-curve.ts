import {
  type Attribution,
  type Comparison,
  type Cost,
  type Estimate,
  type Key,
  type MarginAt,
  type Measured,
  type MetricRecipe,
  marginAt,
  OnnxplainError,
  type Perturbed,
  type Score,
  type ScoreAt,
  type Subject,
  type Tensor,
} from '@onnxplain/core';
import { type Ranked, rankedFeatures, rankingDefinition } from '../ranking/ranked.js';
import { areaOf, type Sizes, sizesDefinition } from '../ranking/sizes.js';
import { expectSameScoreAndInput, expectSubject } from '../subject.js';
import { capDefinition, capOf } from './cap.js';
import { type Chain, leastNorms } from './least-norms.js';
import { type CriterionSettings, setSizes } from './options.js';

/** Which features a perturbation may change: those of the set, or all others. */
type Criterion = 'set' | 'complement';

/** A criterion with its options. */
interface Asked {
  readonly where: string;
  readonly criterion: Criterion;
  readonly settings: CriterionSettings;
  readonly sizes: Sizes;
}

/** What the two criteria of robustness have in common. */
export function robustnessCurve(
  where: string,
  criterion: Criterion,
  settings: CriterionSettings,
): MetricRecipe {
  const sizes = setSizes(settings);
  const asked = { where, criterion, settings, sizes };
  const compare = (subjects: readonly Subject[], key: Key) => compareAll(asked, subjects, key);
  const { attack, target, preset } = settings;
  const changed = criterion === 'set' ? 'the features that are ranked first' : 'all other features';
  return {
    better: criterion === 'set' ? 'lower' : 'higher',
    units: `${attack.norm} norm times ${sizes.unit}`,
    source: `Hsieh et al. 2021, Definition ${criterion === 'set' ? '3.2' : '3.1'}`,
    least: 0,
    definition: {
      value: `area by the trapezoid rule below the norm of the smallest perturbation of ${changed} that changes the prediction, an upper bound`,
      attack: attack.expression,
      target: target === undefined ? 'any other class' : `class ${target}`,
      ...sizesDefinition(sizes),
      ...rankingDefinition(settings),
      ...capDefinition(settings),
      preset,
    },
    measure: async (subject, key) => (await compare([subject], key)).measured[0],
    compare,
  };
}

async function compareAll(asked: Asked, subjects: readonly Subject[], key: Key): Promise<Comparison> {
  const { where, settings, sizes } = asked;
  for (const subject of subjects) expectSubject(where, subject);
  const { f, x } = expectSameScoreAndInput(where, subjects);
  const found = await marginOrReason(asked, { f, x });
  if (typeof found === 'string') return invalidComparison(subjects.length, found);
  const { margin, opposite } = found;
  const chains = subjects.map((subject) => {
    const attribution = opposite ? ofOtherClass(subject.attribution) : subject.attribution;
    const ranked = rankedFeatures(where, { f, x, attribution }, { settings, key });
    return chainOf(asked, ranked, sizes.of(ranked.count));
  });
  const norms = await leastNorms({ attack: settings.attack, margin, x }, chains, key);
  const inOrder = norms.map((chain) => (asked.criterion === 'set' ? chain : [...chain].reverse()));
  const measured = inOrder.map((chain) => measuredOf(asked, chain, { margin, x }));
  const differences = measured.map((a, i) =>
    measured.map((b, j) => differenceOf(a.estimate, b.estimate, i === j)),
  );
  return { measured, differences };
}

/**
 * The attribution of class 0 of a model with one number for two classes, of one of class 1. A ranking is of the predicted class already.
 */
const ofOtherClass = (attribution: Attribution): Attribution =>
  attribution.kind === 'ranking'
    ? attribution
    : { ...attribution, values: { ...attribution.values, data: attribution.values.data.map((v) => -v) } };

/** The margin at the input, or why it is not a number there. */
async function marginOrReason({ where, settings }: Asked, place: ScoreAt): Promise<MarginAt | string> {
  try {
    return await marginAt(where, place, settings.target);
  } catch (error) {
    if (!(error instanceof OnnxplainError) || error.code !== 'non-finite') throw error;
    const { expected, got } = error.diagnosis;
    return `the margin is not a number: expected ${expected}, got ${got}`;
  }
}

function invalidComparison(count: number, reason: string): Comparison {
  const estimate: Estimate = { kind: 'invalid', reason, n: 1 };
  const row = new Array<Estimate>(count).fill(estimate);
  return {
    measured: row.map((each) => ({ estimate: each })),
    differences: row.map(() => row),
  };
}

/** The sets that a perturbation may change, the smallest first. */
function chainOf({ criterion }: Asked, { of, ranks }: Ranked, counts: readonly number[]): Chain {
  const ascending = criterion === 'set' ? counts : [...counts].reverse();
  const free = new Uint8Array(counts.length * of.length);
  ascending.forEach((first, set) => {
    of.forEach((feature, element) => {
      free[set * of.length + element] = Number(ranks[feature] < first === (criterion === 'set'));
    });
  });
  return { free, count: counts.length };
}

function measuredOf(
  { sizes: { x: sizes, unit }, settings, criterion }: Asked,
  chain: readonly Perturbed[],
  place: { readonly margin: Score; readonly x: Tensor },
): Measured {
  const n = chain.reduce((sum, { estimate }) => sum + (estimate.n ?? 0), 0);
  const broken = chain.find(({ estimate }) => estimate.kind === 'invalid');
  if (broken?.estimate.kind === 'invalid') return { estimate: { ...broken.estimate, n } };
  const cap = capOf(settings, place);
  const censored = chain.map(({ estimate }) => estimate.kind === 'censored');
  const details = detailsOf(chain, cap);
  if (cap === Number.POSITIVE_INFINITY && censored.includes(true)) {
    const above = areaOf(sizes, chain.map(limitOf));
    return { estimate: { kind: 'censored', above, n }, details };
  }
  const y = chain.map((each) => Math.min(cap, normOf(each, settings)));
  const value = areaOf(sizes, y);
  const isExact = chain.every(({ estimate }) => estimate.kind === 'exact');
  const yLabel = `${settings.attack.norm} norm of the smallest perturbation`;
  const perturbed = criterion === 'set' ? 'perturbed' : 'kept';
  return {
    estimate: isExact ? { kind: 'exact', value, n } : { kind: 'bound', side: 'upper', value, n },
    curve: { xLabel: `${unit} ${perturbed}`, x: sizes, yLabel, y, censored },
    details,
  };
}

/** The norm that was found, Infinity where none was. */
function normOf({ estimate, checks }: Perturbed, { preset }: CriterionSettings): number {
  if (!('value' in estimate)) return Number.POSITIVE_INFINITY;
  const radius = checks?.radius;
  return preset === 'paper-code' && typeof radius === 'number' ? radius : estimate.value;
}

/** A number that the least norm is known to be above; 0 where nothing was searched. */
function limitOf({ estimate }: Perturbed): number {
  if (estimate.kind === 'censored') return Number.isFinite(estimate.above) ? estimate.above : 0;
  return estimate.kind === 'exact' ? estimate.value : 0;
}

function detailsOf(chain: readonly Perturbed[], cap: number): Measured['details'] {
  const censored = chain.filter(({ estimate }) => estimate.kind === 'censored').length;
  const decision = chain.filter(({ checks }) => checks?.decision === true).length;
  const total = (rows: keyof Cost) => chain.reduce((sum, { cost }) => sum + cost[rows], 0);
  return {
    sets: chain.length,
    censored,
    ...(decision > 0 && { decision }),
    ...(censored > 0 && Number.isFinite(cap) && { cap }),
    forward: total('forward'),
    backward: total('backward'),
  };
}

/** The difference of two bounds has no known error; that of two exact numbers is exact. */
function differenceOf(a: Estimate, b: Estimate, isSame: boolean): Estimate {
  const n = (a.n ?? 0) + (b.n ?? 0);
  if ('value' in a && 'value' in b) {
    if (isSame || (a.kind === 'exact' && b.kind === 'exact'))
      return { kind: 'exact', value: a.value - b.value, n };
    return { kind: 'invalid', reason: 'the error of a difference of bounds is not known', n };
  }
  return { kind: 'invalid', reason: 'one of the two has no number', n };
}
