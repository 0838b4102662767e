import type { AttributionKind } from '@onnxplain/core';
import type { ExplainerRecord, MetricRecord } from './record.js';

/** Explainers that a metric can rank: `members` are their numbers. */
export interface ComparedExplainers {
  /** Of their attributions, where the metric compares attributions of the same kind only; absent: of any. */
  readonly kind?: AttributionKind;
  readonly members: readonly number[];
}

/** Who can be compared with whom under a metric: all explainers, or those of each kind that there is. */
export function compared(
  { comparable = 'any' }: Pick<MetricRecord, 'comparable'>,
  explainers: readonly Pick<ExplainerRecord, 'kind'>[],
): readonly ComparedExplainers[] {
  const all = explainers.map((_, explainer) => explainer);
  if (comparable === 'any') return [{ members: all }];
  return (['local', 'global'] as const)
    .map((kind) => ({ kind, members: all.filter((explainer) => explainers[explainer].kind === kind) }))
    .filter(({ members }) => members.length > 0);
}
