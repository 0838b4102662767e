import type { Explainer } from '@onnxplain/core';
import { randomNotices } from '../doubts.js';
import type { Explanation } from '../explain.js';
import type { Prepared } from '../prepare.js';
import type { ScoredInput } from '../scored-input.js';
import { type ExplainedFacts, factsOfAll, noticesOfFacts, repeatNotices } from './after.js';
import { flatExplainers, noticesBefore } from './before.js';
import { type MeasuredRun, noticesOfEstimates } from './measured.js';
import { rowNoticesOf } from './rows.js';

/** What a run says that nobody asked for, sentence by sentence, as soon as it is known. */
export interface Notifier {
  /** What was said so far. */
  readonly said: readonly string[];
  /** Before anything is explained: what the files, the question and the graph tell. */
  before(): void;
  /** After: what the attributions tell. */
  after(explanations: readonly Explanation[]): Promise<void>;
  /** The same, of attributions whose arrays are not at hand; `rows`: what runs found out about the rows of inputs. */
  afterFacts(found: FoundFacts): Promise<void>;
  /** After measuring: what the estimates tell of their intervals. `rows`: as in `afterFacts`; default: what this process found. */
  measured(evaluation: MeasuredRun, rows?: readonly string[]): void;
}

export interface FoundFacts {
  readonly questions: readonly ScoredInput[];
  /** [input][explainer]; undefined where it failed. */
  readonly facts: ExplainedFacts['facts'];
  /** See `rowNoticesOf`. */
  readonly rows: readonly string[];
}

/** The notices of a run with these explainers: docs/notices.md lists them. `say` gets each once. */
export function notifierOf(
  { model, asked, doubts }: Pick<Prepared, 'model' | 'asked' | 'doubts'>,
  explainers: readonly Pick<Explainer, 'expression'>[],
  say: (text: string) => void,
): Notifier {
  const said: string[] = [];
  const tell = (texts: readonly string[]): void => {
    for (const text of texts) {
      if (said.includes(text)) continue;
      said.push(text);
      say(text);
    }
  };
  const explaining = { model, asked, explainers };
  const afterFacts = async ({ questions, facts, rows }: FoundFacts): Promise<void> => {
    tell(rows);
    const names = questions.map(({ input }) => input.name);
    tell(noticesOfFacts({ explainers, facts, names, flat: flatExplainers(explaining) }));
    const random = randomNotices(model, asked.output).length > 0;
    if (!random) tell(await repeatNotices(questions.map((question) => ({ question }))));
  };
  return {
    said,
    before: () => tell([...doubts, ...noticesBefore(explaining)]),
    after: (explanations) =>
      afterFacts({
        questions: explanations.map(({ question }) => question),
        facts: explanations.map(({ attributions }) => factsOfAll(attributions)),
        rows: rowNoticesOf(model),
      }),
    afterFacts,
    measured: (evaluation, rows = rowNoticesOf(model)) => tell([...rows, ...noticesOfEstimates(evaluation)]),
  };
}
