import type { Estimate, Measured, Metric } from '@onnxplain/core';
import { factsOfExplanations } from '../pipeline/notices/notifier.js';
import type { Prepared } from '../pipeline/prepare.js';
import { inputRecord } from '../pipeline/record/record.js';
import { evaluateInputs } from '../pipeline/run/evaluate.js';
import type { Measurement } from '../pipeline/run/measure-input.js';
import type { Outcome } from '../pipeline/run/outcome.js';
import {
  type ExplainerResult,
  type ExplainOptions,
  type ExplainResult,
  explainerResults,
  explainOptionNames,
  type InputExplanation,
} from './explain.js';
import { expectOptions, makeExplainers, makeMetrics, startNotices } from './start.js';

/** What `evaluate` computes for every prepared input. */
export interface EvaluateOptions extends ExplainOptions {
  /** Metrics as expressions, such as 'infidelity(square(4), draws=2000)', or as values, such as `sensitivityMax()`. */
  readonly metrics: readonly (Metric | string)[];
}

/** What one explainer gave for one input, and how every metric measures it. */
export interface MeasuredResult extends ExplainerResult {
  /** One for each metric, in their order. Where a metric does not apply or failed, the estimate is `invalid` and has the reason. */
  readonly measured: readonly Measured[];
}

/** One input with its explanations and their measures. */
export interface InputEvaluation extends InputExplanation {
  readonly explanations: readonly MeasuredResult[];
  /**
   * `differences[m][i][j]`: by metric m, the value of explainer i less that of explainer j on the draws that they shared, with the
   * standard error of the paired difference; undefined where they shared none.
   */
  readonly differences: readonly Measurement['differences'][];
}

/** What `evaluate` returns. Plain data: it can be cloned to another thread. */
export interface EvaluateResult extends ExplainResult {
  readonly inputs: readonly InputEvaluation[];
}

/**
 * Explains every prepared input with every explainer, then measures every explanation with every metric. All explainers of an input are
 * measured on the same draws, so that their differences are paired. Throws what `explain` throws.
 */
export async function evaluate(prepared: Prepared, options: EvaluateOptions): Promise<EvaluateResult> {
  expectOptions('evaluate', options, [...explainOptionNames, 'metrics']);
  const explainers = makeExplainers(options.explainers, prepared);
  const metrics = makeMetrics(options.metrics, prepared);
  const { notifier, known } = startNotices(prepared, { explainers, given: options });
  const evaluation = await evaluateInputs(prepared, { ...options, explainers, metrics });
  await notifier.explained(factsOfExplanations(evaluation.explanations));
  notifier.measured(evaluation);
  const inputs = evaluation.explanations.map((explanation, i) => ({
    input: inputRecord(explanation.input),
    explanations: measuredResults(explainerResults(explanation, explainers), evaluation.measurements[i]),
    differences: evaluation.measurements[i].map(({ differences }) => differences),
  }));
  return { inputs, notices: [...known, ...notifier.notices] };
}

function measuredResults(
  results: readonly ExplainerResult[],
  measurements: readonly Measurement[],
): readonly MeasuredResult[] {
  return results.map((result, i) => ({
    ...result,
    measured: measurements.map(({ measured }) => measuredOf(measured[i])),
  }));
}

function measuredOf(outcome: Outcome<Measured>): Measured {
  if (outcome.status === 'done') return outcome.value;
  const estimate: Estimate = { kind: 'invalid', reason: outcome.reason, n: 0 };
  return { estimate };
}
