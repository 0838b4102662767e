import { type Attribution, type Explainer, fail, fold, type Key, key } from '@onnxplain/core';
import type { NamedInput } from '@onnxplain/files';
import type { Model } from '@onnxplain/runtime';
import { expectLayers } from './layers.js';
import { concurrency, type Outcome, outcomeOf, pooled } from './outcome.js';
import { type QueryOptions, type ScoredInput, scoreInputs } from './scored-input.js';

/** How far a run is: cells done of all cells of a stage. */
export interface RunProgress {
  readonly stage: 'explain' | 'measure';
  readonly done: number;
  readonly total: number;
}

export interface ExplainInputsOptions extends QueryOptions {
  readonly explainers: readonly Explainer[];
  /** Same seed, same draws; default 0. */
  readonly seed?: number;
  readonly onProgress?: (progress: RunProgress) => void;
}

/** One input explained by every explainer, in their order. */
export interface Explanation {
  readonly question: ScoredInput;
  readonly attributions: readonly Outcome<Attribution>[];
}

/**
 * Explains inputs, all concurrently in groups, so that they share the model's runs. The key of an input is
 * fold(fold(key(seed), 'explain'), content), with the hash of its content (see `contentHash`), the same for all explainers: its draws
 * are the same in any order of the inputs, and alone. Equal inputs have equal keys.
 * Failures of single cells are part of the result; throws what concerns all: questions, layers that the model does not have, `aborted`.
 */
export async function explainInputs(
  model: Model,
  inputs: readonly NamedInput[],
  options: ExplainInputsOptions,
): Promise<readonly Explanation[]> {
  const { explainers, seed = 0, onProgress } = options;
  expectSome({ inputs, explainers });
  await expectLayers(model, inputs, options);
  const questions = await scoreInputs(model, inputs, options);
  const base = explainKey(seed);
  const cells = questions.flatMap((question) => explainers.map((explainer) => ({ question, explainer })));
  let done = 0;
  const outcomes = await pooled(
    cells,
    concurrency(inputs[0].tensor.data.length),
    async ({ question, explainer }) => {
      const outcome = await explainOne(question, explainer, base);
      onProgress?.({ stage: 'explain', done: ++done, total: cells.length });
      return outcome;
    },
  );
  return questions.map((question, i) => ({
    question,
    attributions: outcomes.slice(i * explainers.length, (i + 1) * explainers.length),
  }));
}

/** One input explained by one explainer, with the key of the input; `base` is that of all. Throws `aborted` and `closed`. */
export function explainOne(
  question: ScoredInput,
  explainer: Explainer,
  base: Key,
): Promise<Outcome<Attribution>> {
  return outcomeOf(() => {
    expectFiniteScore(question);
    return explainer(question.f, question.input.tensor, fold(base, question.content));
  });
}

/** The key of which the keys of all inputs are made when they are explained. */
export const explainKey = (seed: number): Key => fold(key(seed), 'explain');

/** Where f has no number there is nothing to explain, whatever its gradient is. */
function expectFiniteScore({ input: { name }, value }: ScoredInput): void {
  if (Number.isFinite(value)) return;
  fail({
    code: 'non-finite',
    where: `f at "${name}"`,
    expected: 'a finite number',
    got: `${value}`,
    remedy: 'Look at the input: the model divides by 0, takes the logarithm of 0, or overflows there.',
  });
}

/** Throws `usage` for a list that is empty. */
export function expectSome(lists: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [where, list] of Object.entries(lists)) {
    if (list.length === 0) fail({ code: 'usage', where, expected: 'at least one', got: 'none' });
  }
}
