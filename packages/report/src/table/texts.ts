import { counted, own } from '@onnxplain/core';
import { formatInterval, formatMean, formatNumber } from '../page/format.js';
import type { TableCell, TableClaimRecord, TablePart, TableRecord } from './table-record.js';

/** What a reading is, in words. */
const READINGS: Readonly<Record<string, string>> = {
  paper: "by the definitions of the paper's text",
  'paper-code': "by the definitions of its authors' program",
};

export const readingText = ({ reading }: TablePart): string => own(READINGS, reading) ?? reading;

export const titleText = ({ paper, id, title }: TableRecord): string =>
  `[${paper.toUpperCase()}] Table ${id}: ${title}`;

/** The mean with its standard error, such as "≤ 45.2 ± 1.3", and how many inputs it is of where some are missing. */
export function meanText({ mean, stderr, bound, n }: TableCell, inputs: number): string {
  if (mean === undefined) return 'no number';
  const missing = n < inputs ? ` (${n} of ${counted(inputs, 'input')})` : '';
  return `${formatMean({ value: mean, stderr, bound })}${missing}`;
}

/** The number of the paper; a dash where it is not known here. */
export const paperText = ({ paper }: TableCell): string => (paper === undefined ? '–' : formatNumber(paper));

/** The cell of a row in a column. */
export function cellAt({ cells }: TablePart, row: string, column: string): TableCell {
  return cells.find((cell) => cell.row === row && cell.column === column) ?? { row, column, n: 0 };
}

/** Whether the paper's number of any row is known in a column. */
export const hasPaperNumbers = ({ cells }: TablePart, column: string): boolean =>
  cells.some((cell) => cell.column === column && cell.paper !== undefined);

/** "1 input", "30 inputs". */
export const inputsText = ({ inputs }: TablePart): string =>
  `${inputs.length} ${inputs.length === 1 ? 'input' : 'inputs'}`;

export const claimText = ({ row, than, column }: TableClaimRecord): string =>
  `${row} is better than ${than} in ${column}`;

/** The columns of the table of claims. */
export const CLAIM_HEADS: readonly string[] = [
  'claim',
  'verdict',
  'difference (95 % interval)',
  'p, corrected',
  'signed rank p',
  'win / draw / loss',
];

/** One text for each of {@link CLAIM_HEADS}. */
export function claimCells(claim: TableClaimRecord): readonly string[] {
  const { verdict, difference, corrected, signedRank, counts } = claim;
  const gap =
    difference === undefined
      ? 'fewer than two pairs'
      : `${formatNumber(difference.mean)} (${formatInterval(difference.interval)})`;
  const { win, draw, loss } = counts;
  return [
    claimText(claim),
    verdict,
    gap,
    formatNumber(corrected),
    formatNumber(signedRank),
    `${win} / ${draw} / ${loss}`,
  ];
}

/** How many claims of the paper have each verdict. */
export function verdictCounts({ claims }: TablePart): string {
  const own = claims.filter(({ added }) => added !== true);
  const count = (verdict: TableClaimRecord['verdict']) =>
    own.filter((each) => each.verdict === verdict).length;
  return `${own.length} ${own.length === 1 ? 'claim' : 'claims'}: ${count('holds')} hold, ${count('does not hold')} do not hold, ${count('undecided')} undecided`;
}

export const VERDICTS =
  'Verdicts are those of paired t-tests over the inputs, two-sided, at 95 %, corrected by Holm’s method for the number of claims; those that the paper does not make are corrected apart. The interval and the signed-rank test are not corrected.';

export const MEANS =
  'Numbers are means over the inputs ± their standard errors. ≤ and ≥ mark means of bounds, which searches found. Numbers of the paper stand beside where they are known here.';
