import { formatMean, type RunRecord, type Summary } from '@onnxplain/report';
import { showInput } from './input.js';

/** The result of an evaluation for a terminal: predictions, a table of explainers by metrics, and what went wrong. */
export function showTable(record: RunRecord): string {
  const { explainers, metrics } = record;
  const heads = columnNames(metrics.map(({ name }) => name));
  const body = explainers.map(({ expression }, e) => [
    expression,
    ...metrics.map((_, m) => cellText(record.summaries.find((s) => s.explainer === e && s.metric === m))),
  ]);
  const table = metrics.length === 0 ? [] : alignColumns([['', ...heads], ...body]);
  return [
    ...record.inputs.map(showInput),
    '',
    ...table,
    '',
    ...legend(record, heads),
    ...problems(record),
    '',
  ].join('\n');
}

/** Names that occur more than once are numbered. */
function columnNames(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const same = names.flatMap((other, j) => (other === name ? [j] : []));
    return same.length === 1 ? name : `${name} (${same.indexOf(i) + 1})`;
  });
}

function cellText(summary: Summary | undefined): string {
  if (summary === undefined) return '';
  const { mean, counts, best } = summary;
  const numbered = Object.entries(counts).filter(([kind, n]) => kind !== 'done' && n > 0);
  const missing = numbered.map(([kind, n]) => `${n} ${kind}`).join(', ');
  if (mean === undefined) return missing;
  const text = `${best ? '* ' : '  '}${formatMean(mean)}`;
  return missing === '' ? text : `${text} (${missing})`;
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

function legend({ metrics, inputs, summaries }: RunRecord, heads: readonly string[]): string[] {
  const lines = metrics.map(
    ({ expression, better, units }, m) => `${heads[m]}: ${expression}, ${better} is better, ${units}`,
  );
  if (lines.length === 0) return lines;
  const spread = inputs.length > 1 ? 'standard error across inputs' : 'standard error over draws';
  const bounds = summaries.some(({ mean }) => mean?.bound !== undefined) ? '; ≥ and ≤ are bounds' : '';
  return [...lines, `n = ${inputs.length}, ± ${spread}, * best${bounds}`];
}

/** Every different reason once. */
function problems({ attributions, estimates }: RunRecord): string[] {
  const reasons = [...attributions, ...estimates].flatMap((cell) =>
    cell.status === 'done' ? [] : [`${cell.status}: ${cell.reason}`],
  );
  return [...new Set(reasons)].filter((reason) => !reason.includes('no attribution to measure'));
}
