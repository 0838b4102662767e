import type { Explainer } from '@onnxplain/core';
import type { Prepared } from '../prepare.js';
import { type ScoredInput, scoreOf } from '../query/score-inputs.js';
import type { Explanation } from '../run/evaluate.js';
import { type AttributionTable, attributionNotices, factsOfAll, repeatNotices } from './attributions.js';
import { estimateNotices, type MeasuredRun } from './estimates.js';
import { explainerNotices, flatExplainers } from './explainers.js';
import { randomNotices } from './query.js';
import { repeatedInputNotices } from './repeated-inputs.js';
import { rowNoticesOf } from './rows.js';

/** Gives the notices of a run as soon as they are known, each once. */
export interface Notifier {
  /** The notices so far. */
  readonly said: readonly string[];
  /** Before anything is explained: gives what the files, the queries and the graph tell. */
  before(): void;
  /** After explaining: gives what the attributions tell. `rows`: see {@link rowNoticesOf}; default: those of this process. */
  explained(found: ExplainedInputs, rows?: readonly string[]): Promise<void>;
  /** After measuring: gives what the estimates tell of their intervals, and what the inputs tell of means over them. */
  measured(run: MeasuredRun, rows?: readonly string[]): void;
}

export interface ExplainedInputs {
  /** The first input, which is run again to see whether the model is random. */
  readonly first: ScoredInput;
  /** [input][explainer]; undefined where the explainer failed. */
  readonly facts: AttributionTable['facts'];
}

/** Returns what `Notifier.explained` needs of explanations. */
export const factsOfExplanations = (explanations: readonly Explanation[]): ExplainedInputs => ({
  first: explanations[0].input,
  facts: explanations.map(({ attributions }) => factsOfAll(attributions)),
});

/** Returns the notifier of a run with these explainers; docs/notices.md lists the notices. `say` receives each once. */
export function notifierOf(
  prepared: Prepared,
  explainers: readonly Pick<Explainer, 'expression'>[],
  say: (text: string) => void,
): Notifier {
  const { model, queries } = prepared;
  const names = prepared.inputs.map(({ name }) => name);
  const said: string[] = [];
  const tell = (texts: readonly string[]): void => {
    for (const text of texts) {
      if (said.includes(text)) continue;
      said.push(text);
      say(text);
    }
  };
  const subject = { model, query: queries[0], explainers };
  return {
    said,
    before: () => tell([...prepared.notices, ...explainerNotices(subject)]),
    async explained({ first, facts }, rows = rowNoticesOf(model)) {
      tell(rows);
      tell(attributionNotices({ explainers, facts, names, flat: flatExplainers(subject) }));
      // Nothing has to be run again where the graph itself draws random numbers.
      if (randomNotices(model, queries[0].output).length > 0 || !Number.isFinite(first.value)) return;
      const again = await scoreOf(prepared);
      tell(repeatNotices(first, again.input.value));
    },
    measured: (run, rows = rowNoticesOf(model)) =>
      tell([...rows, ...estimateNotices(run, names), ...repeatedInputNotices(prepared)]),
  };
}
