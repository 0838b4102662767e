import { compared } from '../compared.js';
import type { RunRecord, Summary } from '../record.js';
import { formatMean } from './format.js';
import { type Html, html, type Insert } from './html.js';
import { type Axis, axisOf, drawMark, type Mark } from './interval.js';

/** A table per metric: every explainer's mean over the inputs, its interval drawn, and how far it is from the best it can be compared with. */
export function results(record: RunRecord): readonly Html[] {
  return record.metrics.map((metric, m) => {
    const rows = record.summaries.filter((summary) => summary.metric === m);
    const groups = groupsOf(record, m, rows);
    return html`<h3 id="metric-${m}"><code>${metric.expression}</code></h3>
<div class="scroll"><table class="results">
<caption>${captionOf(record, rows, groups)} <a href="#definition-${m}">Definition</a></caption>
<thead><tr><th scope="col">Explainer</th><th scope="col">${metric.name} (${metric.better} is better)</th><th scope="col">95 % interval</th><th scope="col">Difference to the best</th><th scope="col">Inputs</th></tr></thead>
${groups.map(({ heading, axis, rows }) => html`<tbody>${heading}${rows.map((row) => resultRow(record, { row, axis, name: metric.name }))}</tbody>`)}</table></div>`;
  });
}

/** Rows that can be compared, on one axis. */
interface Group {
  /** Absent where there is one group only. */
  readonly heading: Insert;
  readonly axis: Axis;
  readonly rows: readonly Summary[];
}

function groupsOf({ metrics, explainers }: RunRecord, m: number, rows: readonly Summary[]): readonly Group[] {
  const groups = compared(metrics[m], explainers);
  return groups.map(({ kind, members }) => {
    const own = rows.filter(({ explainer }) => members.includes(explainer));
    return {
      heading:
        groups.length > 1 &&
        html`<tr><th colspan="5" scope="rowgroup"><span class="tag">${kind}</span></th></tr>`,
      axis: axisOf(own.map(markOf).filter((mark) => mark !== undefined)),
      rows: own,
    };
  });
}

const KINDS_APART =
  ' This number has the units of the attribution: slopes for local ones, units of f for global ones. So each kind has its own best and its own axis.';

function captionOf(record: RunRecord, rows: readonly Summary[], groups: readonly Group[]): string {
  const basis = rows.some((row) => row.mean?.basis === 'inputs')
    ? `Mean over the inputs ± standard error across inputs (${record.inputs.length} inputs).`
    : 'One input: ± is the standard error of the estimate over its draws.';
  const bounds = rows.some((row) => row.mean?.bound !== undefined)
    ? ' A triangle is a bound found by search: the true value lies on the side it points to.'
    : '';
  const logarithmic = groups.some(({ axis }) => axis.kind === 'logarithmic') ? ' Logarithmic axis.' : '';
  return `${basis}${bounds}${groups.length > 1 ? KINDS_APART : ''}${logarithmic}`;
}

function markOf(summary: Summary): Mark | undefined {
  return summary.mean && { ...summary.mean, best: summary.best };
}

interface ResultRow {
  readonly row: Summary;
  readonly axis: Axis;
  /** Of the metric. */
  readonly name: string;
}

/** On narrow screens the cells of a row stand below each other, with their labels in place of the table's head. */
function resultRow(record: RunRecord, { row: summary, axis, name }: ResultRow): Html {
  const mark = markOf(summary);
  const { best } = summary;
  return html`<tr class="${best ? 'best' : ''}"><th scope="row"><code>${record.explainers[summary.explainer].expression}</code>${best && html` <span class="tag best">best</span>`}</th>
<td class="number" data-label="${name}">${summary.mean ? formatMean(summary.mean) : '–'}</td>
<td>${mark ? drawMark(mark, axis) : ''}</td>
<td class="number" data-label="Difference to the best">${differenceText(summary)}</td>
<td data-label="Inputs">${countsText(summary)}</td></tr>`;
}

function differenceText({ difference }: Summary): string {
  if (difference === undefined) return '';
  const text = formatMean({ value: difference.value, stderr: difference.stderr });
  return `${difference.value > 0 ? '+' : ''}${text}`;
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
