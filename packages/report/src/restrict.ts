import type { RunRecord } from './record.js';

/** Indices of explainers and metrics of a record. */
export interface RecordPart {
  readonly explainers: readonly number[];
  readonly metrics: readonly number[];
}

/**
 * The record of a run with some of its explainers and metrics only, in the order given. Indices are those of the new order. Standings,
 * which depend on who is compared, are left out: there are no summaries.
 */
export function restrictRecord(record: RunRecord, { explainers, metrics }: RecordPart): RunRecord {
  const numbered = <C extends { readonly explainer: number }>(cells: readonly C[]) =>
    cells.flatMap((cell) => {
      const explainer = explainers.indexOf(cell.explainer);
      return explainer < 0 ? [] : [{ ...cell, explainer }];
    });
  return {
    ...record,
    explainers: explainers.map((e) => record.explainers[e]),
    metrics: metrics.map((m) => record.metrics[m]),
    attributions: numbered(record.attributions),
    estimates: numbered(record.estimates).flatMap((cell) => {
      const metric = metrics.indexOf(cell.metric);
      return metric < 0 ? [] : [{ ...cell, metric }];
    }),
    summaries: [],
  };
}
