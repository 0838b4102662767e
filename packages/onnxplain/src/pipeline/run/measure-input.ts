import {
  type Attribution,
  attributionKinds,
  type Comparison,
  type Estimate,
  type Explainer,
  type Key,
  type Measured,
  type Metric,
  type Subject,
} from '@onnxplain/core';
import { pooled } from '@onnxplain/experiment';
import type { InputScore } from '../query/score-inputs.js';
import { missingBy, type Outcome, throwIfFinal } from './outcome.js';

/** The estimates of one metric at one input, one per explainer in their order. Plain data. */
export interface Measurement {
  readonly key: Key;
  readonly measured: readonly Outcome<Measured>[];
  /** `differences[i][j]`: (explainer i) - (explainer j) on the draws they shared; undefined where they shared none. */
  readonly differences: readonly (readonly (Estimate | undefined)[])[];
}

export interface MeasureTask {
  readonly score: InputScore;
  /** One per explainer. */
  readonly attributions: readonly Outcome<Attribution>[];
  readonly explainers: readonly Explainer[];
  readonly metric: Metric;
  readonly key: Key;
}

/** The subject of a metric, and the number of its explainer. */
interface NumberedSubject {
  readonly explainer: number;
  readonly subject: Subject;
}

/**
 * Measures the attributions of one input under one metric. A metric that can compare draws once for all explainers, so that their
 * differences are paired. Failures are outcomes; throws `aborted` and `closed`.
 */
export async function measureInput(task: MeasureTask): Promise<Measurement> {
  const { score, attributions, metric, explainers, key } = task;
  const { f, input } = score;
  const numbered = attributions.flatMap((outcome, explainer): NumberedSubject[] => {
    if (outcome.status !== 'done') return [];
    const subject = { f, x: input.tensor, attribution: outcome.value, explain: explainers[explainer] };
    return [{ explainer, subject }];
  });
  const groups = await compareGroups({ metric, key, numbered });
  const found = [...groups.flatMap(measuredIn), ...attributions.flatMap(withoutAttribution)];
  const outcomes = found.toSorted((a, b) => a.explainer - b.explainer).map(({ outcome }) => outcome);
  const differences = explainers.map((_, i) => explainers.map((_, j) => differenceWithin(groups, i, j)));
  return { key, measured: outcomes, differences };
}

/** The outcome for one explainer, by its number. */
interface NumberedOutcome {
  readonly explainer: number;
  readonly outcome: Outcome<Measured>;
}

function measuredIn({ members, outcomes }: Group): readonly NumberedOutcome[] {
  return members.map(({ explainer }, m) => ({ explainer, outcome: outcomes[m] }));
}

function withoutAttribution(outcome: Outcome<Attribution>, explainer: number): readonly NumberedOutcome[] {
  if (outcome.status === 'done') return [];
  const reason = `no attribution to measure (${outcome.reason})`;
  return [{ explainer, outcome: { ...outcome, reason } }];
}

/** Explainers that were measured on the same draws. */
interface Group {
  readonly members: readonly NumberedSubject[];
  readonly outcomes: readonly Outcome<Measured>[];
  readonly comparison?: Comparison;
}

interface GroupTask {
  readonly metric: Metric;
  readonly key: Key;
  readonly numbered: readonly NumberedSubject[];
}

/**
 * Measures all explainers together where the metric can. Where it does not apply to some of them, which depends on the kind of attribution,
 * measures each kind together, and then each explainer alone.
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
    outcomes: [await measureOne(metric, one.subject, key)],
  }));
}

async function measureOne(metric: Metric, subject: Subject, key: Key): Promise<Outcome<Measured>> {
  try {
    return { status: 'done', value: await metric.measure(subject, key) };
  } catch (error) {
    return missingBy(error);
  }
}

function differenceWithin(groups: readonly Group[], i: number, j: number): Estimate | undefined {
  for (const { members, comparison } of groups) {
    const [a, b] = [i, j].map((explainer) => members.findIndex((member) => member.explainer === explainer));
    if (a >= 0 && b >= 0) return comparison?.differences[a][b];
  }
  return undefined;
}
