import type { Evaluation } from '../evaluate.js';
import { indicesOf, listed, whereOf } from './where.js';

/** A run of which estimates are known; of the inputs only the names are looked at. */
export interface MeasuredRun extends Pick<Evaluation, 'explainers' | 'metrics' | 'measurements'> {
  readonly explanations: readonly { readonly question: { readonly input: { readonly name: string } } }[];
}

/** What estimates say against their own intervals: a sentence for each metric and reason, about all inputs and explainers together. */
export function noticesOfEstimates(evaluation: MeasuredRun): readonly string[] {
  const names = evaluation.explanations.map(({ question }) => question.input.name);
  return evaluation.metrics.flatMap(({ expression }, m) => {
    const warnings = warningsOf(evaluation, m);
    return [...new Set(warnings.flat())].flatMap((warning) => {
      if (warning === undefined) return [];
      const at = indicesOf(warnings, (row) => row.includes(warning));
      const of = evaluation.explainers.filter((_, e) => warnings.some((row) => row[e] === warning));
      const explainers = listed(of.map((explainer) => explainer.expression));
      return [
        `${expression} of ${explainers}: ${warning} ${whereOf(at, names)}; take more draws (draws=...)`,
      ];
    });
  });
}

/** [input][explainer]. */
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
