import type { Explainer, Metric } from '@onnxplain/core';
import { make } from '../expression/registry.js';
import { layoutNotices } from '../pipeline/notices/layout.js';
import { type Notifier, notifierOf } from '../pipeline/notices/notifier.js';
import type { Prepared } from '../pipeline/prepare.js';

/** Makes the explainers that are given as expressions. What the expressions may name and how tables are read comes from `prepared`. */
export const makeExplainers = (
  given: readonly (Explainer | string)[],
  prepared: Prepared,
): readonly Explainer[] =>
  given.map((each) => (typeof each === 'string' ? make(each, 'explainer', prepared) : each));

/** {@link makeExplainers} for metrics. */
export const makeMetrics = (given: readonly (Metric | string)[], prepared: Prepared): readonly Metric[] =>
  given.map((each) => (typeof each === 'string' ? make(each, 'metric', prepared) : each));

interface Starting {
  readonly explainers: readonly Explainer[];
  /** The options of the call, whose expressions may depend on the layout. */
  readonly given: {
    readonly explainers: readonly (Explainer | string)[];
    readonly metrics?: readonly (Metric | string)[];
  };
}

/** Starts to collect the notices of a call. `known` are those about the layout; the notifier has those that are known before a run. */
export function startNotices(
  prepared: Prepared,
  { explainers, given }: Starting,
): { readonly notifier: Notifier; readonly known: readonly string[] } {
  const notifier = notifierOf(prepared, explainers, () => undefined);
  notifier.before();
  const known = layoutNotices(prepared, {
    explainer: expressionsIn(given.explainers),
    metric: expressionsIn(given.metrics ?? []),
    draws: false,
  });
  return { notifier, known };
}

const expressionsIn = (given: readonly (Explainer | Metric | string)[]): readonly string[] =>
  given.filter((each) => typeof each === 'string');
