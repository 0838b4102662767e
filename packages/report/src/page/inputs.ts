import { type AttributionKind, attributionKinds, counted } from '@onnxplain/core';
import { STEPS, scaleTable } from '../colour.js';
import { explainedText, predictionText } from '../element.js';
import type { AttributionCell, EstimateCell, InputRecord, PictureRecord, RunRecord } from '../record.js';
import { formatEstimate, formatNumber } from './format.js';
import { type Html, html } from './html.js';
import { drawSeries } from './series.js';
import { drawTokens } from './tokens.js';
import { topTable } from './top.js';

/** The picture files of the record, by their paths in the record. */
export type Pictures = ReadonlyMap<string, Uint8Array>;

const KINDS: Readonly<Record<AttributionKind, string>> = {
  local: 'A local attribution holds slopes: how much f rises per unit of each element.',
  global: 'A global attribution holds contributions, in units of f.',
  ranking: 'Of a ranking only the order of the values means something.',
};

const PICTURES =
  'Pictures, from the left: the input, the attribution (red raises f, blue lowers it; where it has no sign, bright is much), both together.';

const TOKENS =
  'Tokens are coloured from blue (lowers f) over white (0) to red (raises f), most where the magnitude is largest; below each is its number: of a global attribution or a ranking the sum over its embedding, of a local one the length of the slope, which has no sign.';

const RESIDUAL =
  'The residual is what a method leaves over: of the change of f that it shares out, or (root mean square) of the equations that it solves.';

/** Explains the figures of this record. */
export function legendOf({ explainers, attributions }: RunRecord): string {
  const done = attributions.filter((cell) => cell.status === 'done');
  const kinds = attributionKinds.filter((kind) => explainers.some((e) => e.kind === kind));
  return [
    ...(done.some((cell) => cell.picture !== undefined) ? [PICTURES] : []),
    ...(done.some((cell) => cell.perToken !== undefined) ? [TOKENS] : []),
    ...kinds.map((kind) => KINDS[kind]),
    ...(done.some((cell) => cell.residual !== undefined) ? [RESIDUAL] : []),
  ].join(' ');
}

/** Makes a section for each input: the prediction of the model, and the attribution of every explainer with its numbers. */
export function inputSections(record: RunRecord, pictures: Pictures): readonly Html[] {
  return record.inputs.map((input, i) => {
    const cells = record.attributions.filter((cell) => cell.input === i);
    return html`<section><h3>${input.name}</h3><p class="soft">${predictionLine(input, record)}</p>${topTable(input)}
<div class="figures">${cells.map((cell) => attributionFigure({ record, cell, pictures }))}</div></section>`;
  });
}

function predictionLine(input: InputRecord, record: RunRecord): string {
  const { input: by } = record.request;
  const prediction = predictionText(input);
  const predicted =
    prediction === undefined
      ? ''
      : `${capital(prediction)}, output ${formatNumber(input.prediction?.output ?? Number.NaN)}. `;
  const inner = input.tokens === undefined || by === undefined ? '' : ` by ${by}`;
  const target = `Explained: ${explainedText([input], record.request)}${inner}`;
  return `${predicted}${target}, f(x) = ${formatNumber(input.score)}. Shape [${input.shape.join(', ')}].`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

interface FigureParts {
  readonly record: RunRecord;
  readonly cell: AttributionCell;
  readonly pictures: Pictures;
}

function attributionFigure({ record, cell, pictures }: FigureParts): Html {
  const explainer = record.explainers[cell.explainer];
  const estimates = record.estimates.filter((e) => e.input === cell.input && e.explainer === cell.explainer);
  const wide = cell.status === 'done' && (cell.series ?? cell.perToken) !== undefined;
  return html`<figure class="${wide ? 'wide' : ''}">${tokenRow(record, cell) ?? drawing(cell, { alt: explainer.expression, pictures })}
<figcaption><code>${explainer.expression}</code> <span class="tag">${explainer.kind}</span>
<dl>${facts(cell)}${estimates.map((estimate) => estimateRow(record, estimate))}</dl></figcaption></figure>`;
}

/** Shows the tokens with their numbers; undefined where the input is not a text. */
export function tokenRow({ inputs, explainers }: RunRecord, cell: AttributionCell): Html | undefined {
  const { tokens } = inputs[cell.input];
  if (cell.status !== 'done' || cell.perToken === undefined || tokens === undefined) return undefined;
  return drawTokens({ tokens, values: cell.perToken, kind: explainers[cell.explainer].kind });
}

function drawing(cell: AttributionCell, { alt, pictures }: { alt: string; pictures: Pictures }): Html {
  if (cell.status !== 'done') return missing(cell);
  if (cell.series !== undefined) return drawSeries(cell.series);
  const bytes = cell.picture && pictures.get(cell.picture.file);
  if (cell.picture === undefined || bytes === undefined) {
    return html`<p class="soft">No picture: the input is neither an image nor one-dimensional. Values are in <code>${cell.file ?? 'the record'}</code>.</p>`;
  }
  const uri = `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
  return html`<img src="${uri}" alt="Input, attribution and both for ${alt}">${legend(cell.picture)}`;
}

function missing(cell: { status: 'not-applicable' | 'failed'; reason: string }): Html {
  const word = cell.status === 'failed' ? 'failed' : 'not applicable';
  return html`<p><span class="tag ${cell.status}">${word}</span> ${cell.reason}</p>`;
}

function legend({ scale, clip, percentile }: PictureRecord): Html {
  const low = scale === 'diverging' ? formatNumber(-clip) : '0';
  return html`<div class="soft">${low} <span class="scale" style="background:${gradientOf(scale)}"></span> ${formatNumber(clip)} (clipped at the ${percentile}th percentile of |value|)</div>`;
}

function gradientOf(scale: PictureRecord['scale']): string {
  const table = scaleTable(scale);
  const stops = Array.from({ length: 9 }, (_, i) => {
    const at = Math.round((i / 8) * (STEPS - 1)) * 3;
    return `rgb(${table[at]},${table[at + 1]},${table[at + 2]})`;
  });
  return `linear-gradient(90deg,${stops.join(',')})`;
}

function facts(cell: AttributionCell): readonly Html[] {
  if (cell.status !== 'done') return [];
  const rows: (readonly [string, string])[] = [
    ['Σ values', `${formatNumber(cell.sum)}${groupsText(cell)}`],
    ['cost', `${cell.cost.forward} forward, ${counted(cell.cost.backward, 'backward row')}`],
  ];
  if (cell.residual !== undefined) rows.push(['residual', formatNumber(cell.residual)]);
  if (cell.diagnosis !== undefined) {
    const { method, form, rank, unknowns, equations, condition } = cell.diagnosis;
    rows.push([
      'solve',
      `${method}, ${form}, ${counted(equations, 'equation')}, rank ${rank} of ${unknowns}, condition ${formatNumber(condition)}`,
    ]);
  }
  for (const [name, value] of Object.entries(cell.details ?? {}))
    rows.push([name, typeof value === 'number' ? formatNumber(value) : String(value)]);
  return rows.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`);
}

const groupsText = ({ groups }: { readonly groups?: number }): string =>
  groups === undefined ? '' : ` (of ${counted(groups, 'group')} of elements hidden together)`;

function estimateRow(record: RunRecord, cell: EstimateCell): Html {
  const { expression } = record.metrics[cell.metric];
  return html`<dt><code>${expression}</code></dt><dd>${estimateText(cell)}</dd>`;
}

/** Shows a reason, which may be long, in an element that the reader opens. */
function estimateText(cell: EstimateCell): Html | string {
  if (cell.status !== 'done')
    return reasoned(cell.status === 'failed' ? 'failed' : 'not applicable', cell.reason);
  const { estimate } = cell;
  return estimate.kind === 'invalid' ? reasoned('invalid', estimate.reason) : formatEstimate(estimate);
}

function reasoned(word: string, reason: string): Html {
  return html`<details><summary>${word}</summary>${reason}</details>`;
}
