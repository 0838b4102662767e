import type { Estimate } from '@onnxplain/core';
import { type ComparedExplainers, compared } from './compared.js';
import { gapOf, isValued, meanOf, meanOfMany, meanOfOne, type Numbered, numbersOf } from './numbers.js';
import type { EstimateCell, ExplainerRecord, Mean, MetricRecord, Standing, Summary } from './record.js';
import { type Contender, standings } from './standing.js';

export interface SummaryOptions {
  readonly explainers: readonly Pick<ExplainerRecord, 'kind' | 'control'>[];
  readonly metrics: readonly Pick<MetricRecord, 'better' | 'comparable' | 'least' | 'most'>[];
  /**
   * Returns the estimate of (explainer i) - (explainer j) on one input, from shared draws. It is used where there is only one input, so
   * that there is no spread over inputs. Without it, the standard errors of both are added.
   */
  readonly paired?: (cell: { input: number; metric: number; i: number; j: number }) => Estimate | undefined;
}

/**
 * Summarises each explainer and metric: the mean over inputs with its interval, counts of missing numbers, the standing, and the paired
 * difference to the best mean.
 */
export function summarise(cells: readonly EstimateCell[], options: SummaryOptions): Summary[] {
  return options.metrics.flatMap((metric, m) => {
    const columns = options.explainers.map((_, explainer) =>
      cells.filter((cell) => cell.metric === m && cell.explainer === explainer),
    );
    const numbers = columns.map(numbersOf);
    const ofMetric = { m, numbers, options };
    const found = compared(metric, options.explainers).map((group) => standingsIn(group, ofMetric));
    return columns.map((column, explainer): Summary => {
      const own = found.find(({ group }) => [...group.members, ...group.controls].includes(explainer));
      const standing = own?.standings.get(explainer);
      return {
        explainer,
        metric: m,
        mean: meanOf(numbers[explainer], metric),
        counts: count(column),
        best: standing === 'best' || standing === 'tied',
        standing,
        difference: own?.differences.get(explainer),
      };
    });
  });
}

/** The numbers of all explainers under one metric. */
interface MetricNumbers {
  readonly m: number;
  readonly numbers: readonly (readonly Numbered[])[];
  readonly options: SummaryOptions;
}

interface GroupStandings {
  readonly group: ComparedExplainers;
  readonly standings: ReadonlyMap<number, Standing>;
  readonly differences: ReadonlyMap<number, NonNullable<Summary['difference']>>;
}

/** Returns the standings in a group. A single explainer without a control has none. */
function standingsIn(group: ComparedExplainers, ofMetric: MetricNumbers): GroupStandings {
  const { better } = ofMetric.options.metrics[ofMetric.m];
  const leader = leaderOf(group.members, ofMetric);
  if (leader === undefined) return { group, standings: new Map(), differences: new Map() };
  const rest = [...group.members, ...group.controls].filter((explainer) => explainer !== leader.explainer);
  const differences = new Map(
    rest.flatMap((explainer) => {
      const mean = difference(explainer, leader.explainer, ofMetric);
      return mean === undefined ? [] : [[explainer, { ...mean, against: leader.explainer }] as const];
    }),
  );
  if (differences.size === 0) return { group, standings: new Map(), differences };
  const others = [...differences]
    .map(([explainer, { interval }]) => {
      const control = group.controls.includes(explainer);
      return { explainer, control, numbers: ofMetric.numbers[explainer], interval };
    })
    .filter(({ control, numbers }) => control || numbers.length === leader.numbers.length);
  return { group, standings: standings({ leader, others, better }), differences };
}

/** Returns the member with the best mean, among those with numbers for the most inputs: omitting hard inputs must be no advantage. */
function leaderOf(members: readonly number[], { m, numbers, options }: MetricNumbers): Contender | undefined {
  const most = Math.max(...members.map((explainer) => numbers[explainer].length));
  const sign = options.metrics[m].better === 'lower' ? 1 : -1;
  const ranked = members
    .map((explainer) => ({ explainer, numbers: numbers[explainer], mean: meanOf(numbers[explainer]) }))
    .flatMap(({ mean, ...contender }) => (mean === undefined ? [] : [{ ...contender, value: mean.value }]))
    .filter((each) => each.numbers.length === most)
    .toSorted((a, b) => sign * (a.value - b.value));
  return ranked[0];
}

/** Returns the mean of (explainer i) - (explainer j) over the inputs for which both have numbers. */
function difference(i: number, j: number, { m, numbers, options }: MetricNumbers): Mean | undefined {
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
