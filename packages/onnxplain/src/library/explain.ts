import type { Attribution, Explainer } from '@onnxplain/core';
import type { InputRecord, Missing } from '@onnxplain/report';
import { factsOfExplanations } from '../pipeline/notices/notifier.js';
import type { Prepared } from '../pipeline/prepare.js';
import type { ScoreRunOptions } from '../pipeline/query/score-inputs.js';
import { inputRecord } from '../pipeline/record/record.js';
import { type Explanation, explainInputs, type RunProgress } from '../pipeline/run/evaluate.js';
import { expectOptions, makeExplainers, startNotices } from './start.js';

/** What `explain` computes for every prepared input. */
export interface ExplainOptions extends ScoreRunOptions {
  /** Explainers as expressions, such as 'smooth(gradient, gaussian(0.1))', or as values, such as `gradient()`. At least one. */
  readonly explainers: readonly (Explainer | string)[];
  /** Seed of the random draws. The same seed gives the same numbers. Default 0. */
  readonly seed?: number;
  /** Called after every finished cell: one explainer on one input, or one metric on one input. */
  readonly onProgress?: (progress: RunProgress) => void;
}

/** Every option of `explain`. The compiler checks that none is missing. */
const OPTIONS: Readonly<Record<keyof ExplainOptions, true>> = {
  explainers: true,
  seed: true,
  onProgress: true,
  batch: true,
  signal: true,
};

/** The names of the options of `explain`. */
export const explainOptionNames: readonly string[] = Object.keys(OPTIONS);

/** What one explainer gave for one input. */
export interface ExplainerResult {
  /** Canonical expression of the explainer. */
  readonly explainer: string;
  /** Absent where the explainer does not apply or failed. */
  readonly attribution?: Attribution;
  /** Why there is no attribution. */
  readonly missing?: Missing;
}

/** One input with what the model says of it, and its explanations. */
export interface InputExplanation {
  /** Name, shape, explained class, prediction, and `score`, the explained number f(x). */
  readonly input: InputRecord;
  /** One for each explainer, in their order. */
  readonly explanations: readonly ExplainerResult[];
}

/** What `explain` returns. Plain data: it can be cloned to another thread. */
export interface ExplainResult {
  /** One for each input, in their order. */
  readonly inputs: readonly InputExplanation[];
  /** Assumptions, and reasons why numbers mean little, a sentence each. */
  readonly notices: readonly string[];
}

/**
 * Explains every prepared input with every explainer. Inputs are explained concurrently, so that they share runs of the model. Where an
 * explainer does not apply to an input or fails, the result has `missing` in place of `attribution`.
 * Throws what concerns all inputs: `expression-syntax`, `name-unknown`, `option-*` and `file-*` for expressions, `option-unknown` for an
 * option that does not exist, `usage` without explainers, `value-unknown` for layers that the model does not have, what `score` throws for
 * the target, `aborted`, `closed`.
 */
export async function explain(prepared: Prepared, options: ExplainOptions): Promise<ExplainResult> {
  expectOptions('explain', options, explainOptionNames);
  const explainers = makeExplainers(options.explainers, prepared);
  const { notifier, known } = startNotices(prepared, { explainers, given: options });
  const found = await explainInputs(prepared, { ...options, explainers });
  await notifier.explained(factsOfExplanations(found));
  const inputs = found.map((explanation) => ({
    input: inputRecord(explanation.input),
    explanations: explainerResults(explanation, explainers),
  }));
  return { inputs, notices: [...known, ...notifier.notices] };
}

/** The attributions of one input, each with the expression of its explainer. */
export function explainerResults(
  { attributions }: Explanation,
  explainers: readonly Explainer[],
): readonly ExplainerResult[] {
  return attributions.map((outcome, i) => {
    const { expression: explainer } = explainers[i];
    return outcome.status === 'done'
      ? { explainer, attribution: outcome.value }
      : { explainer, missing: outcome };
  });
}
