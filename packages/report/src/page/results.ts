import { counted } from '@onnxplain/core';
import { compared } from '../compared.js';
import { meanCurves } from '../curves.js';
import type { RunRecord, Summary } from '../record.js';
import { verdicts } from '../verdict.js';
import { drawCurves } from './curves.js';
import { formatInterval, formatMean } from './format.js';
import { type Html, html, type Insert } from './html.js';
import { axisOf, drawMark, type Mark, type ValueAxis } from './interval.js';
import { pairsTable } from './pairs.js';

/**
 * Makes a table for each metric: the mean of every explainer over the inputs, a drawing of its interval, and its difference to the best
 * mean of its group. Controls are below the others.
 */
export function results(record: RunRecord): readonly Html[] {
  return record.metrics.map((metric, m) => {
    const rows = record.summaries.filter((summary) => summary.metric === m);
    const groups = groupsOf(record, m, rows);
    const labels = { name: metric.name, gap: gapLabel(metric) };
    return html`<h3 id="metric-${m}"><code>${metric.expression}</code></h3>
${verdicts(record, m).map((text) => html`<p class="verdict">${text}</p>`)}
<div class="scroll"><table class="results">
<caption>${captionOf(record, { m, rows, groups })} <a href="#definition-${m}">Definition</a></caption>
<thead><tr><th scope="col">Explainer</th><th scope="col">${metric.name} (${metric.better} is better)</th><th scope="col">95 % interval</th><th scope="col">${labels.gap}</th><th scope="col">Inputs</th></tr></thead>
${groups.map(({ heading, axis, rows }) => html`<tbody>${heading}${rows.map((row) => resultRow(record, { row, axis, labels }))}</tbody>`)}</table></div>${pairsTable(record, m)}${curvesOf(record, m)}`;
  });
}

function curvesOf({ estimates, explainers }: RunRecord, m: number): Html | undefined {
  const curves = meanCurves(estimates, m);
  return (
    curves &&
    drawCurves(
      curves,
      explainers.map(({ expression }) => expression),
    )
  );
}

const gapLabel = ({ better }: RunRecord['metrics'][number]): string =>
  `Difference to the ${better === 'lower' ? 'lowest' : 'highest'}`;

/** Rows of explainers that can be compared, drawn on the same axis. */
interface Group {
  /** Absent where there is only one group. */
  readonly heading: Insert;
  readonly axis: ValueAxis;
  readonly rows: readonly Summary[];
}

function groupsOf({ metrics, explainers }: RunRecord, m: number, rows: readonly Summary[]): readonly Group[] {
  const groups = compared(metrics[m], explainers);
  return groups.flatMap(({ kind, members, controls }) => {
    const of = (some: readonly number[]) => rows.filter(({ explainer }) => some.includes(explainer));
    const axis = axisOf(of([...members, ...controls]).flatMap(({ mean }) => mean ?? []));
    const kindHeading = groups.length > 1 && headingOf(kind ?? '');
    const parts = [
      { heading: kindHeading, axis, rows: of(members) },
      { heading: headingOf('control', CONTROL), axis, rows: of(controls) },
    ];
    return parts.filter((part) => part.rows.length > 0);
  });
}

const CONTROL = 'ignores the score: the others have to beat it';

const headingOf = (tag: string, text = ''): Html =>
  html`<tr><th colspan="5" scope="rowgroup"><span class="tag">${tag}</span> <span class="soft">${text}</span></th></tr>`;

const RANKED_BY_KIND =
  ' This number has the units of the attribution: slopes for local ones, units of f for global ones. So each kind has its own best and its own axis.';
const UNDECIDED =
  ' Undecided: the 95 % interval of the paired difference to that mean holds 0, or nothing is known of its spread.';

/** Explains a table. */
interface Shown {
  readonly m: number;
  readonly rows: readonly Summary[];
  readonly groups: readonly Group[];
}

function captionOf(record: RunRecord, { m, rows, groups }: Shown): string {
  const basis = rows.some((row) => row.mean?.basis === 'inputs')
    ? `Mean over the inputs ± standard error across inputs (${counted(record.inputs.length, 'input')}); intervals by Student’s t.`
    : 'One input: ± is the standard error of the estimate over its draws.';
  const bounds = rows.some((row) => row.mean?.bound !== undefined)
    ? ' A triangle is a bound found by search: the true value lies on the side it points to.'
    : '';
  const undecided = rows.some(({ standing }) => standing === 'undecided') ? UNDECIDED : '';
  const byKind = compared(record.metrics[m], record.explainers).length > 1 ? RANKED_BY_KIND : '';
  const logarithmic = groups.some(({ axis }) => axis.kind === 'logarithmic') ? ' Logarithmic axis.' : '';
  return `${basis}${bounds}${undecided}${byKind}${logarithmic}`;
}

function markOf(summary: Summary): Mark | undefined {
  return summary.mean && { ...summary.mean, best: summary.best };
}

interface ResultRow {
  readonly row: Summary;
  readonly axis: ValueAxis;
  /** Of the metric, and of the column of differences. */
  readonly labels: { readonly name: string; readonly gap: string };
}

/** On narrow screens the cells of a row stand below each other, with their labels in place of the table's head. */
function resultRow(record: RunRecord, { row: summary, axis, labels }: ResultRow): Html {
  const mark = markOf(summary);
  const { best, standing } = summary;
  const tag = standing !== undefined && standing !== 'behind';
  return html`<tr class="${best ? 'best' : ''}"><th scope="row"><code>${record.explainers[summary.explainer].expression}</code>${tag && html` <span class="tag${best ? ' best' : ''}">${standing}</span>`}</th>
<td class="number" data-label="${labels.name}">${summary.mean ? formatMean(summary.mean) : '–'}</td>
<td>${mark ? drawMark(mark, axis) : ''}</td>
<td class="number" data-label="${labels.gap}">${differenceText(summary)}</td>
<td data-label="Inputs">${countsText(summary)}</td></tr>`;
}

function differenceText({ difference }: Summary): string {
  if (difference === undefined) return '';
  const { value, stderr, interval } = difference;
  const text = `${value > 0 ? '+' : ''}${formatMean({ value, stderr })}`;
  return interval === undefined || interval.low === interval.high
    ? text
    : `${text} (${formatInterval(interval)})`;
}

function countsText({ counts, mean }: Summary): string {
  const missing = [
    [counts['not-applicable'], 'not applicable'],
    [counts.invalid, 'invalid'],
    [counts.censored, 'censored'],
    [counts.failed, 'failed'],
  ] as const;
  const parts = missing.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`);
  return [`${mean?.n ?? 0}`, ...parts].join(', ');
}
