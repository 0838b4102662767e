import { formatSeconds } from '../page/format.js';
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

/** A reproduced table as Markdown. */
export function tableMarkdown(record: TableRecord): string {
  const { notes, command, parts, seed } = record;
  return [
    `# ${titleText(record)}`,
    '',
    `\`${command.join(' ')}\`, seed ${seed}.`,
    '',
    `${MEANS} ${VERDICTS}`,
    '',
    ...parts.flatMap(partLines),
    ...(notes.length > 0 ? ['## Notes', '', ...notes.map((note) => `- ${note}`)] : []),
    '',
  ].join('\n');
}

function partLines(part: TablePart): readonly string[] {
  const { seconds, claims } = part;
  const own = claims.filter(({ added }) => added !== true);
  const others = claims.filter(({ added }) => added === true);
  return [
    `## Table ${readingText(part)}`,
    '',
    `${inputsText(part)}, ${formatSeconds(seconds)}; ${runsText(part)}. ${verdictCounts(part)}.`,
    '',
    ...numberLines(part),
    '',
    ...claimLines('Claims of the paper', own),
    ...claimLines('Comparisons that the paper does not make', others),
  ];
}

/** Where the runs of a part are. */
function runsText({ folder, models }: TablePart): string {
  if (models === undefined) return `the run is in ${folder}`;
  return `the runs are in ${models.map((model) => `${model.folder} (model ${model.file})`).join(' and ')}`;
}

function numberLines(part: TablePart): readonly string[] {
  const { rows, columns, inputs } = part;
  const known = (column: string) => hasPaperNumbers(part, column);
  const heads = columns.flatMap(({ name, better }) => [
    `${name} (${better} is better)`,
    ...(known(name) ? ['paper'] : []),
  ]);
  return tableLines(
    ['explainer', ...heads],
    rows.map(({ name, added }) => [
      added ? `${name} (not in the paper)` : name,
      ...columns.flatMap((column) => {
        const cell = cellAt(part, name, column.name);
        return [meanText(cell, inputs.length), ...(known(column.name) ? [paperText(cell)] : [])];
      }),
    ]),
  );
}

function claimLines(title: string, claims: readonly TableClaimRecord[]): readonly string[] {
  if (claims.length === 0) return [];
  return [`### ${title}`, '', ...tableLines(CLAIM_HEADS, claims.map(claimCells)), ''];
}

function tableLines(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}
