import type { InputRecord } from '../record.js';
import { formatNumber } from './format.js';
import { type Html, html } from './html.js';

/** The classes that the model gives the largest numbers, with their probabilities; nothing where the output has no classes. */
export function topTable({ prediction }: InputRecord): Html {
  if (prediction?.top === undefined) return html``;
  const rows = prediction.top.map(({ class: k, label, output, probability }) => {
    const of = probability === undefined ? `output ${formatNumber(output)}` : formatNumber(probability);
    return html`<li>${label ?? `class ${k}`}: ${of}</li>`;
  });
  return html`<ol class="soft">${rows}</ol>`;
}
