import { type Explainer, once } from '@onnxplain/core';
import type { Prepared } from '../prepare.js';
import { type ScoredInput, scoreOf } from '../query/score-inputs.js';
import type { Explanation } from '../run/evaluate.js';
import { type AttributionTable, attributionNotices, factsOfAll, repeatNotices } from './attributions.js';
import { capNotices } from './caps.js';
import { estimateNotices, type MeasuredRun } from './estimates.js';
import { explainerNotices, flatExplainers, flatnessFor } from './explainers.js';
import { randomNotices } from './query.js';
import { repeatedInputNotices } from './repeated-inputs.js';
import { rowNoticesOf } from './rows.js';

/** Collects the notices of a run, each once, and passes each on as soon as it is known. */
export interface Notifier {
  /** The notices so far. */
  readonly notices: readonly string[];
  /** Call before explaining: adds the notices about files, queries and the graph. */
  before(): void;
  /** Call after explaining: adds the notices about attributions. `rows`: see {@link rowNoticesOf}; default: those of this process. */
  explained(found: ExplainedInputs, rows?: readonly string[]): Promise<void>;
  /** Call after measuring: adds the notices about the intervals of estimates, and about inputs that occur twice in means. */
  measured(run: MeasuredRun, rows?: readonly string[]): void;
}

export interface ExplainedInputs {
  /** The first input, which is run again to see whether the model is random. */
  readonly first: ScoredInput;
  /** [input][explainer]; undefined where the explainer failed. */
  readonly facts: AttributionTable['facts'];
}

/** Returns the argument of `Notifier.explained` for explanations. */
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
  const notices: string[] = [];
  const tell = (texts: readonly string[]): void => {
    for (const text of texts) {
      if (notices.includes(text)) continue;
      notices.push(text);
      say(text);
    }
  };
  const [query] = queries;
  const run = { model, query, explainers, flatness: once(() => flatnessFor({ model, query })) };
  return {
    notices,
    before: () => tell([...prepared.notices, ...explainerNotices(run)]),
    async explained({ first, facts }, rows = rowNoticesOf(model)) {
      tell(rows);
      tell(attributionNotices({ explainers, facts, names, flat: flatExplainers(run) }));
      // A second run tells nothing new where the graph draws random numbers, and needs a finite first value.
      if (randomNotices(model, queries[0].output).length > 0 || !Number.isFinite(first.value)) return;
      const again = await scoreOf(prepared);
      tell(repeatNotices(first, again.input.value));
    },
    measured: (estimates, rows = rowNoticesOf(model)) =>
      tell([
        ...rows,
        ...estimateNotices(estimates, names),
        ...capNotices(estimates, names),
        ...repeatedInputNotices(prepared),
      ]),
  };
}
