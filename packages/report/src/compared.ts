import { type AttributionKind, attributionKinds } from '@onnxplain/core';
import type { ExplainerRecord, MetricRecord } from './record.js';

/** A group of explainers that a metric can rank. `members` are their indices. */
export interface ComparedExplainers {
  /** The kind of their attributions, where the metric compares only attributions of one kind; absent: any kind. */
  readonly kind?: AttributionKind;
  readonly members: readonly number[];
  /** Indices of the controls, which are compared with the members but are never best. */
  readonly controls: readonly number[];
}

/** Returns the groups of explainers that a metric can compare: one of all explainers, or one for each kind of attribution. */
export function compared(
  { comparable = 'any' }: Pick<MetricRecord, 'comparable'>,
  explainers: readonly Pick<ExplainerRecord, 'kind' | 'control'>[],
): readonly ComparedExplainers[] {
  const all = explainers.map((_, explainer) => explainer);
  if (comparable === 'any') return [separateControls(all, explainers)];
  return attributionKinds
    .map((kind) => {
      const alike = all.filter((explainer) => explainers[explainer].kind === kind);
      return { kind, ...separateControls(alike, explainers) };
    })
    .filter(({ members, controls }) => members.length + controls.length > 0);
}

function separateControls(
  some: readonly number[],
  explainers: readonly Pick<ExplainerRecord, 'control'>[],
): Pick<ComparedExplainers, 'members' | 'controls'> {
  const isControl = (explainer: number) => explainers[explainer].control === true;
  return {
    members: some.filter((explainer) => !isControl(explainer)),
    controls: some.filter(isControl),
  };
}
