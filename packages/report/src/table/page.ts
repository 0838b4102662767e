import { meanCurves } from '../curves.js';
import { drawCurves } from '../page/curves.js';
import { formatSeconds } from '../page/format.js';
import { type Html, html } from '../page/html.js';
import { type Pictures, tokenRow } from '../page/inputs.js';
import { style } from '../page/style.js';
import type { RunRecord } from '../record.js';
import type { TableClaimRecord, TablePart, TableRecord } from './table-record.js';
import {
  CLAIM_HEADS,
  cellAt,
  claimCells,
  hasPaperNumbers,
  inputsText,
  MEANS,
  meanText,
  paperText,
  readingText,
  titleText,
  VERDICTS,
  verdictCounts,
} from './texts.js';

/** The run of a part of a table: its record, and the pictures of its attributions by their paths in the record. */
export interface PartRun {
  readonly record: RunRecord;
  readonly pictures: Pictures;
  /** Pictures of the pixels that rank first (`pertinentPicture`), by the name of the attribution's picture; empty where there are none. */
  readonly pertinent: Pictures;
}

/** How many inputs have their explanations on the page of a table; the page of the run has all. */
export const INPUTS_SHOWN = 3;

/**
 * A reproduced table as one HTML page that needs no other file and no network: the numbers beside those of the paper, the claims with
 * their verdicts, the curves behind the numbers, and pictures of the explanations of the first inputs. `runs`: one for each part.
 */
export function tablePage(record: TableRecord, runs: readonly PartRun[]): string {
  const { notes, command, seed, created } = record;
  const title = titleText(record);
  const document = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title><style>${{ markup: style }}</style></head>
<body><header><h1>${title}</h1><p class="soft">${MEANS} ${VERDICTS}</p></header><main>
${record.parts.map((part, i) => partSection(part, runs[i]))}
${notes.length > 0 && html`<section><h2>Notes</h2><ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`}
<section><h2>How to repeat it</h2><pre><code>${command.join(' ')}</code></pre><p class="soft">Seed ${seed}.</p></section>
</main><footer><p>Table record version ${record.version}, ${created}.</p></footer></body></html>
`;
  return document.markup;
}

function partSection(part: TablePart, run: PartRun): Html {
  const { seconds, claims } = part;
  const own = claims.filter(({ added }) => added !== true);
  const others = claims.filter(({ added }) => added === true);
  return html`<section><h2>Table ${readingText(part)}</h2>
<p class="soft">${inputsText(part)}, ${formatSeconds(seconds)}; ${modelsOf(part).map(modelLink)}</p>
<p class="verdict">${verdictCounts(part)}.</p>
${numberTable(part)}${claimTable('Claims of the paper', own)}${claimTable('Comparisons that the paper does not make', others)}
${curvesOf(part, run)}${explanationsOf(part, run)}</section>`;
}

/** The models of a part with the folders of their runs. */
const modelsOf = ({ folder, model, models }: TablePart) => models ?? [{ folder, file: model.file }];

const modelLink = ({ folder, file }: { readonly folder: string; readonly file: string }): Html =>
  html`model ${file}, <a href="${folder}/report.html">page of the run</a>. `;

function numberTable(part: TablePart): Html {
  const { rows, columns, inputs } = part;
  const known = (column: string) => hasPaperNumbers(part, column);
  const heads = columns.map(
    ({ name, better }) =>
      html`<th scope="col">${name} (${better} is better)</th>${known(name) && html`<th scope="col">paper</th>`}`,
  );
  const cellsOf = (row: string) =>
    columns.map(({ name }) => {
      const cell = cellAt(part, row, name);
      return html`<td class="number">${meanText(cell, inputs.length)}</td>${known(name) && html`<td class="number soft">${paperText(cell)}</td>`}`;
    });
  const body = rows.map(
    ({ name, expression, added }) =>
      html`<tr><th scope="row">${name}${added && html` <span class="tag">not in the paper</span>`}<br><code class="soft">${expression}</code></th>${cellsOf(name)}</tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th scope="col">Explainer</th>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function claimTable(title: string, claims: readonly TableClaimRecord[]): Html | false {
  if (claims.length === 0) return false;
  const rows = claims.map(
    (claim) =>
      html`<tr class="${claim.verdict === 'holds' ? 'best' : ''}">${claimCells(claim).map((text) => html`<td>${text}</td>`)}</tr>`,
  );
  const heads = CLAIM_HEADS.map((text) => html`<th scope="col">${text}</th>`);
  return html`<h3>${title}</h3><div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function curvesOf({ columns, rows }: TablePart, { record }: PartRun): readonly Html[] {
  const names = rows.map(({ name }) => name);
  return columns.flatMap(({ name, expression }, m) => {
    const curves = meanCurves(record.estimates, m);
    return curves === undefined
      ? []
      : [html`<h3>${name}: <code>${expression}</code></h3>${drawCurves(curves, names)}`];
  });
}

/**
 * The explanations of the first inputs: as pictures of the input, the attribution and both, with the pixels that rank first; or as texts
 * whose words are coloured.
 */
function explanationsOf(part: TablePart, run: PartRun): readonly Html[] {
  return run.record.inputs.slice(0, INPUTS_SHOWN).flatMap(({ name }, input) => {
    const first = figuresOf(part, run, { input, pictures: run.pertinent });
    const figures = [
      ...figuresOf(part, run, { input, pictures: run.pictures }),
      ...textsOf(part, run, input),
    ];
    if (figures.length === 0) return [];
    const pertinent =
      first.length > 0 && html`<p class="soft">${PERTINENT}</p><div class="small figures">${first}</div>`;
    return [html`<h3>Explanations of ${name}</h3>${pertinent}<div class="figures">${figures}</div>`];
  });
}

/** A text for each explainer; none where the input is not a text. */
function textsOf({ rows }: TablePart, { record }: PartRun, input: number): readonly Html[] {
  return record.attributions.flatMap((cell) => {
    const text = cell.input === input ? tokenRow(record, cell) : undefined;
    if (text === undefined) return [];
    return [html`<figure class="wide">${text}<figcaption>${rows[cell.explainer].name}</figcaption></figure>`];
  });
}

const PERTINENT =
  'The 15 % of the pixels that rank first: red where the picture is bright (pertinent positive: what is there), blue where it is dark (pertinent negative: what is absent).';

function figuresOf(
  { rows }: TablePart,
  { record }: PartRun,
  { input, pictures }: { readonly input: number; readonly pictures: Pictures },
): readonly Html[] {
  return record.attributions.flatMap((cell) => {
    if (cell.input !== input || cell.status !== 'done' || cell.picture === undefined) return [];
    const bytes = pictures.get(cell.picture.file);
    if (bytes === undefined) return [];
    const uri = `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
    const { name } = rows[cell.explainer];
    return [html`<figure><img src="${uri}" alt="${name}"><figcaption>${name}</figcaption></figure>`];
  });
}
