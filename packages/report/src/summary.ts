import { type Estimate, moments } from '@onnxplain/core';
import { compared } from './compared.js';
import type { EstimateCell, ExplainerRecord, Mean, MetricRecord, Summary } from './record.js';

export interface SummaryOptions {
  readonly explainers: readonly Pick<ExplainerRecord, 'kind'>[];
  readonly metrics: readonly Pick<MetricRecord, 'better' | 'comparable'>[];
  /**
   * Estimate of (explainer i) - (explainer j) on one input, from draws they shared. Used where there is only one
   * input, whose spread over inputs says nothing.
   */
  readonly paired?: (cell: { input: number; metric: number; i: number; j: number }) => Estimate | undefined;
}

/** Per explainer and metric: mean over inputs, what had to be left out, the best, and paired differences against it. */
export function summarise(cells: readonly EstimateCell[], options: SummaryOptions): Summary[] {
  return options.metrics.flatMap((metric, m) => {
    const columns = options.explainers.map((_, explainer) =>
      cells.filter((cell) => cell.metric === m && cell.explainer === explainer),
    );
    const means = columns.map((column) => meanOf(numbersOf(column)));
    const rivals = compared(metric, options.explainers).map(({ members }) => members);
    return columns.map((column, explainer) => {
      const members = rivals.find((group) => group.includes(explainer)) ?? [];
      const best = bestOf(members, means, metric.better);
      const worse = best !== undefined && best !== explainer && means[explainer] !== undefined;
      return {
        explainer,
        metric: m,
        mean: means[explainer],
        counts: count(column),
        best: explainer === best,
        difference: worse ? difference({ column, against: columns[best], best, options }) : undefined,
      };
    });
  });
}

interface Numbered {
  readonly input: number;
  readonly value: number;
  readonly stderr?: number;
  readonly bound?: 'lower' | 'upper';
}

const numbersOf = (column: readonly EstimateCell[]): readonly Numbered[] =>
  column.map(numberOf).filter((number) => number !== undefined);

function numberOf(cell: EstimateCell): Numbered | undefined {
  return cell.status === 'done' ? fromEstimate(cell.input, cell.estimate) : undefined;
}

function fromEstimate(input: number, estimate: Estimate): Numbered | undefined {
  switch (estimate.kind) {
    case 'mean':
      return { input, value: estimate.value, stderr: estimate.stderr };
    case 'bound':
      return { input, value: estimate.value, bound: estimate.side };
    case 'exact':
      return { input, value: estimate.value, stderr: 0 };
    case 'censored':
    case 'invalid':
      return undefined;
  }
}

function meanOf(values: readonly Numbered[]): Mean | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const bound = values.find((v) => v.bound !== undefined)?.bound;
  if (n === 1) return { value: values[0].value, stderr: values[0].stderr, basis: 'draws', n, bound };
  const { mean, stderr } = moments.value(values.map((v) => v.value).reduce(moments.add, moments.init()));
  return { value: mean, stderr, basis: 'inputs', n, bound };
}

/**
 * Best mean among the members that have numbers for the most inputs, so that skipping hard inputs wins nothing; none where fewer
 * than two have a number: alone nobody is best.
 */
function bestOf(
  members: readonly number[],
  means: readonly (Mean | undefined)[],
  better: 'lower' | 'higher',
): number | undefined {
  const found = members.flatMap((explainer) => {
    const mean = means[explainer];
    return mean === undefined ? [] : [{ explainer, mean }];
  });
  if (found.length < 2) return undefined;
  const most = Math.max(...found.map(({ mean }) => mean.n));
  const ranked = found
    .filter(({ mean }) => mean.n === most && Number.isFinite(mean.value))
    .toSorted((a, b) => (better === 'lower' ? 1 : -1) * (a.mean.value - b.mean.value));
  return ranked[0]?.explainer;
}

interface Contest {
  readonly column: readonly EstimateCell[];
  readonly against: readonly EstimateCell[];
  /** The explainer of `against`. */
  readonly best: number;
  readonly options: SummaryOptions;
}

function difference(contest: Contest): Summary['difference'] {
  const pairs = pairsOf(contest);
  const mean = meanOf(pairs.length === 1 ? [onSharedDraws(contest, pairs[0]) ?? pairs[0]] : pairs);
  return mean && { ...mean, against: contest.best };
}

/** Differences on the inputs where both have numbers. */
function pairsOf({ column, against }: Contest): readonly Numbered[] {
  const theirs = new Map(numbersOf(against).map(({ input, value }) => [input, value]));
  return numbersOf(column).flatMap(({ input, value }) => {
    const other = theirs.get(input);
    return other === undefined ? [] : [{ input, value: value - other }];
  });
}

/** The difference on one input from draws they shared, where they did. */
function onSharedDraws({ column, best, options }: Contest, { input }: Numbered): Numbered | undefined {
  const { metric, explainer } = column[0];
  const shared = options.paired?.({ input, metric, i: explainer, j: best });
  const estimate = shared && fromEstimate(input, shared);
  return estimate && { ...estimate, bound: undefined };
}

function count(column: readonly EstimateCell[]): Summary['counts'] {
  const counts = { done: 0, 'not-applicable': 0, failed: 0, invalid: 0, censored: 0 };
  for (const cell of column) {
    if (cell.status !== 'done') counts[cell.status] += 1;
    else if (cell.estimate.kind === 'invalid') counts.invalid += 1;
    else if (cell.estimate.kind === 'censored') counts.censored += 1;
    else counts.done += 1;
  }
  return counts;
}
