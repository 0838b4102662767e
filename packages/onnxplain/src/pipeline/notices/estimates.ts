import type { Evaluation } from '../run/evaluate.js';
import { indicesOf, listed, whereOf } from './text.js';

/** The estimates of a run. */
export interface MeasuredRun extends Pick<Evaluation, 'measurements'> {
  readonly explainers: readonly { readonly expression: string }[];
  readonly metrics: readonly { readonly expression: string }[];
}

/**
 * Collects the warnings of estimates about their intervals. Returns one sentence for each metric and reason, which covers all inputs and
 * explainers. `names` are the names of the inputs.
 */
export function estimateNotices(run: MeasuredRun, names: readonly string[]): readonly string[] {
  return run.metrics.flatMap(({ expression }, m) => {
    const warnings = warningsOf(run, m);
    return [...new Set(warnings.flat())].flatMap((warning) => {
      if (warning === undefined) return [];
      const at = indicesOf(warnings, (row) => row.includes(warning));
      const of = run.explainers.filter((_, e) => warnings.some((row) => row[e] === warning));
      const explainers = listed(of.map((explainer) => explainer.expression));
      return [
        `${expression} of ${explainers}: ${warning} ${whereOf(at, names)}; take more draws (draws=...)`,
      ];
    });
  });
}

/** The warnings of the estimates under one metric, [input][explainer]. */
function warningsOf(
  { measurements }: MeasuredRun,
  metric: number,
): readonly (readonly (string | undefined)[])[] {
  return measurements.map((row) =>
    row[metric].measured.map((outcome) =>
      outcome.status === 'done' && outcome.value.estimate.kind === 'mean'
        ? outcome.value.estimate.warning
        : undefined,
    ),
  );
}
