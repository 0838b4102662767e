import type { Estimate } from '@onnxplain/core';
import { type ComparedExplainers, compared } from './compared.js';
import { gapOf, isValued, meanOf, meanOfMany, meanOfOne, type Numbered, numbersOf } from './numbers.js';
import type { EstimateCell, ExplainerRecord, Mean, MetricRecord, Summary } from './record.js';
import { type Contender, type Standing, standings } from './standing.js';

export interface SummaryOptions {
  readonly explainers: readonly Pick<ExplainerRecord, 'kind' | 'control'>[];
  readonly metrics: readonly Pick<MetricRecord, 'better' | 'comparable' | 'least'>[];
  /**
   * Estimate of (explainer i) - (explainer j) on one input, from draws they shared. Used where there is only one
   * input, whose spread over inputs says nothing; without it their standard errors are added.
   */
  readonly paired?: (cell: { input: number; metric: number; i: number; j: number }) => Estimate | undefined;
}

/**
 * Per explainer and metric: mean over inputs with its interval, what had to be left out, where it stands, and the paired difference
 * to the best mean.
 */
export function summarise(cells: readonly EstimateCell[], options: SummaryOptions): Summary[] {
  return options.metrics.flatMap((metric, m) => {
    const columns = options.explainers.map((_, explainer) =>
      cells.filter((cell) => cell.metric === m && cell.explainer === explainer),
    );
    const numbers = columns.map(numbersOf);
    const race = { m, numbers, options };
    const found = compared(metric, options.explainers).map((group) => compete(group, race));
    return columns.map((column, explainer): Summary => {
      const own = found.find(({ group }) => [...group.members, ...group.controls].includes(explainer));
      const standing = own?.places.get(explainer);
      return {
        explainer,
        metric: m,
        mean: meanOf(numbers[explainer], metric.least),
        counts: count(column),
        best: standing === 'best' || standing === 'tied',
        standing,
        difference: own?.differences.get(explainer),
      };
    });
  });
}

/** The numbers of all explainers under one metric. */
interface Race {
  readonly m: number;
  readonly numbers: readonly (readonly Numbered[])[];
  readonly options: SummaryOptions;
}

interface Places {
  readonly group: ComparedExplainers;
  readonly places: ReadonlyMap<number, Standing>;
  readonly differences: ReadonlyMap<number, NonNullable<Summary['difference']>>;
}

/** Alone nobody has a place: there has to be another, or a control. */
function compete(group: ComparedExplainers, race: Race): Places {
  const { better } = race.options.metrics[race.m];
  const leader = leaderOf(group.members, race);
  if (leader === undefined) return { group, places: new Map(), differences: new Map() };
  const rest = [...group.members, ...group.controls].filter((explainer) => explainer !== leader.explainer);
  const differences = new Map(
    rest.flatMap((explainer) => {
      const mean = difference(explainer, leader.explainer, race);
      return mean === undefined ? [] : [[explainer, { ...mean, against: leader.explainer }] as const];
    }),
  );
  if (differences.size === 0) return { group, places: new Map(), differences };
  const others = [...differences]
    .map(([explainer, { interval }]) => {
      const control = group.controls.includes(explainer);
      return { explainer, control, numbers: race.numbers[explainer], interval };
    })
    .filter(({ control, numbers }) => control || numbers.length === leader.numbers.length);
  return { group, places: standings({ leader, others, better }), differences };
}

/** Best mean among the members that have numbers for the most inputs, so that skipping hard inputs wins nothing. */
function leaderOf(members: readonly number[], { m, numbers, options }: Race): Contender | undefined {
  const most = Math.max(...members.map((explainer) => numbers[explainer].length));
  const sign = options.metrics[m].better === 'lower' ? 1 : -1;
  const ranked = members
    .map((explainer) => ({ explainer, numbers: numbers[explainer], mean: meanOf(numbers[explainer]) }))
    .flatMap(({ mean, ...contender }) => (mean === undefined ? [] : [{ ...contender, value: mean.value }]))
    .filter((each) => each.numbers.length === most)
    .toSorted((a, b) => sign * (a.value - b.value));
  return ranked[0];
}

/** The mean of (explainer i) - (explainer j) on the inputs where both have numbers. */
function difference(i: number, j: number, { m, numbers, options }: Race): Mean | undefined {
  const theirs = new Map(numbers[j].map(({ input, estimate }) => [input, estimate]));
  const pairs = numbers[i].flatMap(({ input, estimate: a }) => {
    const b = theirs.get(input);
    return b === undefined ? [] : [{ input, a, b }];
  });
  if (pairs.length === 0) return undefined;
  if (pairs.length > 1) return meanOfMany(pairs.map(({ a, b }) => a.value - b.value));
  const [{ input, a, b }] = pairs;
  const shared = options.paired?.({ input, metric: m, i, j });
  return shared !== undefined && isValued(shared) ? meanOfOne(shared) : gapOf(a, b);
}

function count(column: readonly EstimateCell[]): Summary['counts'] {
  const counts = { done: 0, 'not-applicable': 0, failed: 0, invalid: 0, censored: 0 };
  for (const cell of column) {
    if (cell.status !== 'done') counts[cell.status] += 1;
    else if (cell.estimate.kind === 'censored') counts.censored += 1;
    else if (isValued(cell.estimate)) counts.done += 1;
    else counts.invalid += 1;
  }
  return counts;
}
