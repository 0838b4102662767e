import {
  compared,
  explainedText,
  formatInterval,
  formatMean,
  type RunRecord,
  type Standing,
  type Summary,
  verdicts,
} from '@onnxplain/report';
import { showInput } from './input.js';

/** Formats an evaluation for a terminal: predictions, a table of explainers by metrics, and the reasons for missing numbers. */
export function showTable(record: RunRecord): string {
  const { explainers, metrics } = record;
  const heads = columnNames(metrics.map(({ name }) => name));
  const byKind = metrics.some((metric) => isRankedByKind(metric, explainers));
  // Controls come last.
  const rows = [...explainers.entries()].toSorted(
    ([, a], [, b]) => Number(isControl(a)) - Number(isControl(b)),
  );
  const body = rows.map(([e, explainer]) => [
    isControl(explainer) ? `${explainer.expression} (control)` : explainer.expression,
    ...(byKind ? [explainer.kind] : []),
    ...metrics.map((_, m) => cellText(record.summaries.find((s) => s.explainer === e && s.metric === m))),
  ]);
  const table =
    metrics.length === 0 ? [] : alignColumns([['', ...(byKind ? ['kind'] : []), ...heads], ...body]);
  return [
    `f = ${explainedText(record.inputs, record.request)}`,
    ...record.inputs.map(showInput),
    '',
    ...table,
    '',
    ...legend(record, heads),
    ...problems(record),
    '',
  ].join('\n');
}

const isControl = ({ control }: RunRecord['explainers'][number]): boolean => control === true;

/** Whether a metric ranks explainers of each kind separately. */
function isRankedByKind(metric: RunRecord['metrics'][number], explainers: RunRecord['explainers']): boolean {
  return compared(metric, explainers).length > 1;
}

/** Numbers the names that occur more than once. */
function columnNames(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const same = names.flatMap((other, j) => (other === name ? [j] : []));
    return same.length === 1 ? name : `${name} (${same.indexOf(i) + 1})`;
  });
}

/** The mark before a number. */
const MARKS: Readonly<Record<Standing, string>> = { best: '* ', tied: '* ', undecided: '~ ', behind: '  ' };

function cellText(summary: Summary | undefined): string {
  if (summary === undefined) return '';
  const { mean, counts, standing = 'behind' } = summary;
  const numbered = Object.entries(counts).filter(([kind, n]) => kind !== 'done' && n > 0);
  const missing = numbered.map(([kind, n]) => `${n} ${kind}`).join(', ');
  if (mean === undefined) return missing;
  const { interval } = mean;
  const range =
    interval === undefined || interval.low === interval.high ? '' : ` [${formatInterval(interval)}]`;
  const text = `${MARKS[standing]}${formatMean(mean)}${range}`;
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

const RANKED_BY_KIND =
  '; Φ holds slopes where it is local and units of f where it is global, so each kind has its own best';

const UNDECIDED = '; ~ undecided: the interval of the paired difference holds 0, or is not known';

function legend(record: RunRecord, heads: readonly string[]): string[] {
  const { metrics, explainers, inputs, summaries } = record;
  const lines = metrics.flatMap((metric, m) => {
    const { expression, better, units } = metric;
    const kinds = isRankedByKind(metric, explainers) ? RANKED_BY_KIND : '';
    return [
      `${heads[m]}: ${expression}, ${better} is better, ${units}${kinds}`,
      ...verdicts(record, m).map((text) => `  ${text}`),
    ];
  });
  if (lines.length === 0) return lines;
  const over = inputs.length > 1 ? 'across inputs' : 'over draws';
  const bounds = summaries.some(({ mean }) => mean?.bound !== undefined) ? '; ≥ and ≤ are bounds' : '';
  const marks = [
    summaries.some(({ best }) => best) ? '; * best, or tied with it' : '',
    summaries.some(({ standing }) => standing === 'undecided') ? UNDECIDED : '',
    explainers.some(isControl) ? '; a control ignores the score and is never best' : '',
  ];
  const spread = `± standard error ${over}, [95 % interval by Student's t]`;
  return [...lines, `n = ${inputs.length}, ${spread}${bounds}${marks.join('')}`];
}

/** Lists each reason for a missing number once. */
function problems({ attributions, estimates }: RunRecord): string[] {
  const reasons = [...attributions, ...estimates].flatMap((cell) => {
    if (cell.status !== 'done') return [`${cell.status}: ${cell.reason}`];
    return 'estimate' in cell && cell.estimate.kind === 'invalid' ? [`invalid: ${cell.estimate.reason}`] : [];
  });
  return [...new Set(reasons)].filter((reason) => !reason.includes('no attribution to measure'));
}
