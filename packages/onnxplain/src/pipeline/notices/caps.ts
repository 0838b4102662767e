import { counted } from '@onnxplain/core';
import type { MeasuredRun } from './estimates.js';
import { indicesOf, listed, whereOf } from './text.js';

/**
 * Says how many points of the curves of a metric are caps, because a search found nothing. Returns one sentence for each metric with such
 * points, which covers all inputs and explainers. `names` are the names of the inputs.
 */
export function capNotices(run: MeasuredRun, names: readonly string[]): readonly string[] {
  return run.metrics.flatMap(({ expression }, m) => {
    const marks = run.measurements.map((row) =>
      row[m].measured.map((outcome) =>
        outcome.status === 'done' ? (outcome.value.curve?.censored ?? []) : [],
      ),
    );
    const capped = marks.flat(2).filter(Boolean).length;
    if (capped === 0) return [];
    const at = indicesOf(marks, (row) => row.some((each) => each.includes(true)));
    const of = run.explainers.filter((_, e) => marks.some((row) => row[e].includes(true)));
    const explainers = listed(of.map((explainer) => explainer.expression));
    const points = `${capped} of ${counted(marks.flat(2).length, 'point')} of the curves ${capped === 1 ? 'counts' : 'count'} as the cap`;
    return [
      `${expression} of ${explainers}: ${points}, because a search found nothing, ${whereOf(at, names)}`,
    ];
  });
}
