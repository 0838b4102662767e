import {
  type Attribution,
  attributionKinds,
  type Comparison,
  type Estimate,
  type Explainer,
  fold,
  type Key,
  key,
  type Measured,
  type Metric,
  type Subject,
} from '@onnxplain/core';
import type { Explanation, RunProgress } from './explain.js';
import { concurrency, type Outcome, outcomeOf, pooled, throwIfFinal } from './outcome.js';

/** One metric on one input, for every explainer in their order. Plain data: it can be cloned to another thread. */
export interface Measurement {
  readonly key: Key;
  readonly measured: readonly Outcome<Measured>[];
  /** `differences[i][j]`: (explainer i) - (explainer j) on the draws they shared; undefined where they shared none. */
  readonly differences: readonly (readonly (Estimate | undefined)[])[];
}

export interface MeasureOptions {
  readonly explainers: readonly Explainer[];
  readonly metrics: readonly Metric[];
  readonly seed?: number;
  readonly onProgress?: (progress: RunProgress) => void;
}

/**
 * Measures explanations, [input][metric]. The key of an input is fold(fold(key(seed), 'metric'), content), with the hash of its content
 * as in `explain`, shared by all explainers and metrics, so that differences are paired. A metric that can compare evaluates f
 * once per draw for all explainers.
 */
export async function measure(
  explanations: readonly Explanation[],
  { explainers, metrics, seed = 0, onProgress }: MeasureOptions,
): Promise<readonly (readonly Measurement[])[]> {
  const base = measureKey(seed);
  const cells = explanations.flatMap((explanation) => metrics.map((metric) => ({ explanation, metric })));
  const size = explanations[0]?.question.input.tensor.data.length ?? 1;
  let done = 0;
  const measured = await pooled(cells, concurrency(size), async ({ explanation, metric }) => {
    const found = await measureOne({ explanation, metric, explainers, base });
    onProgress?.({ stage: 'measure', done: ++done, total: cells.length });
    return found;
  });
  return explanations.map((_, i) => measured.slice(i * metrics.length, (i + 1) * metrics.length));
}

/** The key of which the keys of all inputs are made when their explanations are measured. */
export const measureKey = (seed: number): Key => fold(key(seed), 'metric');

export interface MeasureTask {
  readonly explanation: Explanation;
  readonly metric: Metric;
  readonly explainers: readonly Explainer[];
  /** See {@link measureKey}. */
  readonly base: Key;
}

/** A subject and the number of its explainer. */
interface Numbered {
  readonly explainer: number;
  readonly subject: Subject;
}

/** One metric on the explanations of one input. Throws `aborted` and `closed`. */
export async function measureOne(task: MeasureTask): Promise<Measurement> {
  const { explanation, metric, explainers, base } = task;
  const { question, attributions } = explanation;
  const { f, input } = question;
  const key = fold(base, question.content);
  const numbered = attributions.flatMap((outcome, explainer): Numbered[] => {
    if (outcome.status !== 'done') return [];
    const subject = { f, x: input.tensor, attribution: outcome.value, explain: explainers[explainer] };
    return [{ explainer, subject }];
  });
  const groups = await compareGroups({ metric, key, numbered });
  const found = [...groups.flatMap(measured), ...attributions.flatMap(unmeasured)];
  const outcomes = found.toSorted((a, b) => a.explainer - b.explainer).map(({ outcome }) => outcome);
  const differences = explainers.map((_, i) => explainers.map((_, j) => differenceWithin(groups, i, j)));
  return { key, measured: outcomes, differences };
}

/** What came of measuring an explainer, by its number. */
interface Found {
  readonly explainer: number;
  readonly outcome: Outcome<Measured>;
}

function measured({ members, outcomes }: Group): readonly Found[] {
  return members.map(({ explainer }, m) => ({ explainer, outcome: outcomes[m] }));
}

function unmeasured(outcome: Outcome<Attribution>, explainer: number): readonly Found[] {
  if (outcome.status === 'done') return [];
  const reason = `no attribution to measure (${outcome.reason})`;
  return [{ explainer, outcome: { ...outcome, reason } }];
}

/** Explainers that were measured on the same draws. */
interface Group {
  readonly members: readonly Numbered[];
  readonly outcomes: readonly Outcome<Measured>[];
  readonly comparison?: Comparison;
}

interface GroupTask {
  readonly metric: Metric;
  readonly key: Key;
  readonly numbered: readonly Numbered[];
}

/**
 * All together where the metric can; where it does not apply to some, by kind of attribution, on which that depends; and then
 * one by one.
 */
async function compareGroups({ metric, key, numbered }: GroupTask): Promise<readonly Group[]> {
  if (numbered.length === 0) return [];
  const { compare } = metric;
  if (compare === undefined || numbered.length === 1) return alone({ metric, key, numbered });
  try {
    const comparison = await compare.call(
      metric,
      numbered.map(({ subject }) => subject),
      key,
    );
    const outcomes = comparison.measured.map((value) => ({ status: 'done' as const, value }));
    return [{ members: numbered, outcomes, comparison }];
  } catch (error) {
    throwIfFinal(error);
    const parts = attributionKinds
      .map((kind) => numbered.filter(({ subject }) => subject.attribution.kind === kind))
      .filter((part) => part.length > 0);
    if (parts.length === 1) return alone({ metric, key, numbered });
    const groups = await Promise.all(parts.map((part) => compareGroups({ metric, key, numbered: part })));
    return groups.flat();
  }
}

function alone({ metric, key, numbered }: GroupTask): Promise<readonly Group[]> {
  return pooled(numbered, 2, async (one) => ({
    members: [one],
    outcomes: [await outcomeOf(() => metric.measure(one.subject, key))],
  }));
}

function differenceWithin(groups: readonly Group[], i: number, j: number): Estimate | undefined {
  for (const { members, comparison } of groups) {
    const [a, b] = [i, j].map((explainer) => members.findIndex((member) => member.explainer === explainer));
    if (a >= 0 && b >= 0) return comparison?.differences[a][b];
  }
  return undefined;
}
