import type { Explainer } from '@onnxplain/core';
import { randomNotices } from '../doubts.js';
import type { Explanation } from '../explain.js';
import type { Prepared } from '../prepare.js';
import { noticesAfter, repeatNotices } from './after.js';
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
  /** After measuring: what the estimates tell of their intervals. */
  measured(evaluation: MeasuredRun): void;
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
  return {
    said,
    before: () => tell([...doubts, ...noticesBefore(explaining)]),
    async after(explanations) {
      tell(rowNoticesOf(model));
      tell(noticesAfter({ explainers, explanations, flat: flatExplainers(explaining) }));
      if (randomNotices(model, asked.output).length === 0) tell(await repeatNotices(explanations));
    },
    measured: (evaluation) => tell([...rowNoticesOf(model), ...noticesOfEstimates(evaluation)]),
  };
}
