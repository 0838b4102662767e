import type { AttributionKind } from '@onnxplain/core';
import { STEPS, scaleTable } from '../colour.js';
import type { TokenRecord } from '../record.js';
import { tokenRuns } from '../token-runs.js';
import { formatNumber } from './format.js';
import { type Html, html } from './html.js';

/** The tokens of an input, and their numbers. */
export interface TokenRow {
  readonly tokens: readonly TokenRecord[];
  /** One number for each token. */
  readonly values: readonly number[];
  readonly kind: AttributionKind;
}

/**
 * Draws tokens in their order, each with its number below it and coloured by it: on the diverging scale, whose full colour is that of the
 * largest magnitude. Tokens without a text are shown by their ids. Equal tokens in a row are shown once, see {@link tokenRuns}.
 */
export function drawTokens({ tokens, values, kind }: TokenRow): Html {
  const top = Math.max(...values.map(Math.abs)) || 1;
  const items = tokenRuns(tokens, values).map(({ id, text, value, times }) => {
    const [ground, ink] = coloursOf(value / top);
    const shown = text?.trim() ? text : String(id);
    const often = times === 1 ? '' : `, ${times} times`;
    return html`<li title="id ${id}"><span style="background:${ground};color:${ink}">${shown}</span><small>${formatNumber(value)}${often}</small></li>`;
  });
  return html`<ol class="tokens" aria-label="tokens, each with ${MEANING[kind]}">${items}</ol>`;
}

const MEANING: Readonly<Record<AttributionKind, string>> = {
  global: 'the sum of its contributions',
  local: 'the length of its slope',
  ranking: 'the sum of its values',
};

/** Returns the background and text colours for a number from -1 to 1. */
function coloursOf(value: number): readonly [ground: string, ink: string] {
  const table = scaleTable('diverging');
  const at = Math.round(((value + 1) / 2) * (STEPS - 1)) * 3;
  const [red, green, blue] = table.subarray(at, at + 3);
  // Brightness as the eye has it, ITU-R BT.601.
  const bright = 0.299 * red + 0.587 * green + 0.114 * blue;
  return [`rgb(${red},${green},${blue})`, bright < 140 ? '#ffffff' : '#000000'];
}
