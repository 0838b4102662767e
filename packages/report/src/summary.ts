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
    const means = columns.map((column) => meanOf(column.map(numberOf).filter(isNumbered)));
    const bests = compared(metric, options.explainers).map(({ members }) => ({
      members,
      best: bestOf(members, means, metric.better),
    }));
    return columns.map((column, explainer) => {
      const best = bests.find(({ members }) => members.includes(explainer))?.best;
      return {
        explainer,
        metric: m,
        mean: means[explainer],
        counts: count(column),
        best: explainer === best,
        difference:
          best === undefined || explainer === best || means[explainer] === undefined
            ? undefined
            : difference({ column, against: columns[best], best, options }),
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

const isNumbered = (value: Numbered | undefined): value is Numbered => value !== undefined;

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

function difference({
  column,
  against,
  best,
  options,
}: {
  column: readonly EstimateCell[];
  against: readonly EstimateCell[];
  best: number;
  options: SummaryOptions;
}): Summary['difference'] {
  const other = new Map(
    against
      .map(numberOf)
      .filter(isNumbered)
      .map((v) => [v.input, v]),
  );
  const pairs: Numbered[] = [];
  for (const mine of column.map(numberOf).filter(isNumbered)) {
    const theirs = other.get(mine.input);
    if (theirs !== undefined) pairs.push({ input: mine.input, value: mine.value - theirs.value });
  }
  if (pairs.length === 1) {
    const { metric, explainer } = column[0];
    const shared = options.paired?.({ input: pairs[0].input, metric, i: explainer, j: best });
    const estimate = shared && fromEstimate(pairs[0].input, shared);
    if (estimate !== undefined) pairs[0] = { ...estimate, bound: undefined };
  }
  const mean = meanOf(pairs);
  return mean && { ...mean, against: best };
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
