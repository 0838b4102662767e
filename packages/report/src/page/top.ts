import type { InputRecord, PredictionRecord } from '../record.js';
import { formatNumber } from './format.js';
import { type Html, html } from './html.js';

/** Shows the top classes with their probabilities; nothing where the output does not hold classes. */
export function topTable({ prediction }: InputRecord): Html {
  if (prediction?.top === undefined) return html``;
  const rows = prediction.top.map(({ class: k, label, output, probability }) => {
    const of = probability === undefined ? `output ${formatNumber(output)}` : formatNumber(probability);
    return html`<li>${label ?? `class ${k}`}: ${of}</li>`;
  });
  return html`<p class="soft">${topTitle(prediction)}:</p><ol class="soft">${rows}</ol>`;
}

const MADE: Readonly<Record<NonNullable<PredictionRecord['probabilities']>, string>> = {
  softmax: 'probabilities by a softmax of the output',
  exponential: 'probabilities, the exponentials of the output',
  output: 'probabilities, the output itself',
};

/** Returns the title of the list of top classes, which says what its numbers are. */
export const topTitle = ({ probabilities: made }: Pick<PredictionRecord, 'probabilities'>): string =>
  made === undefined ? 'numbers of the output' : MADE[made];
