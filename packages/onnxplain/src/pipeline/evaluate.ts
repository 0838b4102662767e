import type { Explainer, Metric } from '@onnxplain/core';
import type { NamedInput } from '@onnxplain/files';
import { type Model, ortSeconds } from '@onnxplain/runtime';
import { type ExplainInputsOptions, type Explanation, explainInputs } from './explain.js';
import { type Measurement, measure } from './measure.js';

export interface EvaluateInputsOptions extends ExplainInputsOptions {
  readonly metrics: readonly Metric[];
}

/** All that was found out, before it is written down. */
export interface Evaluation {
  readonly explainers: readonly Explainer[];
  readonly metrics: readonly Metric[];
  readonly explanations: readonly Explanation[];
  /** [input][metric]. */
  readonly measurements: readonly (readonly Measurement[])[];
  readonly seed: number;
  /** Seconds. */
  readonly times: { readonly explain: number; readonly measure: number; readonly runtime: number };
}

/**
 * Explains inputs with every explainer and measures every explanation with every metric, paired: see {@link explainInputs} and
 * `measure` for keys and failures.
 */
export async function evaluateInputs(
  model: Model,
  inputs: readonly NamedInput[],
  options: EvaluateInputsOptions,
): Promise<Evaluation> {
  const { explainers, metrics, seed = 0 } = options;
  const inside = ortSeconds();
  const started = performance.now();
  const explanations = await explainInputs(model, inputs, options);
  const explained = performance.now();
  const measurements = await measure(explanations, options);
  const times = {
    explain: (explained - started) / 1000,
    measure: (performance.now() - explained) / 1000,
    runtime: ortSeconds() - inside,
  };
  return { explainers, metrics, explanations, measurements, seed, times };
}
