import { type AttributionKind, attributionKinds } from '@onnxplain/core';
import type { ExplainerRecord, MetricRecord } from './record.js';

/** Explainers that a metric can rank: `members` are their numbers. */
export interface ComparedExplainers {
  /** Of their attributions, where the metric compares attributions of the same kind only; absent: of any. */
  readonly kind?: AttributionKind;
  readonly members: readonly number[];
  /** Numbers of the controls, whose values can be compared with those of the members, but that are never best. */
  readonly controls: readonly number[];
}

/** Who can be compared with whom under a metric: all explainers, or those of each kind that there is. */
export function compared(
  { comparable = 'any' }: Pick<MetricRecord, 'comparable'>,
  explainers: readonly Pick<ExplainerRecord, 'kind' | 'control'>[],
): readonly ComparedExplainers[] {
  const all = explainers.map((_, explainer) => explainer);
  if (comparable === 'any') return [apart(all, explainers)];
  return attributionKinds
    .map((kind) => {
      const alike = all.filter((explainer) => explainers[explainer].kind === kind);
      return { kind, ...apart(alike, explainers) };
    })
    .filter(({ members, controls }) => members.length + controls.length > 0);
}

function apart(
  some: readonly number[],
  explainers: readonly Pick<ExplainerRecord, 'control'>[],
): Pick<ComparedExplainers, 'members' | 'controls'> {
  const isControl = (explainer: number) => explainers[explainer].control === true;
  return {
    members: some.filter((explainer) => !isControl(explainer)),
    controls: some.filter(isControl),
  };
}
