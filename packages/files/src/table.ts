import { fail, type Tensor, tensor } from '@onnxplain/core';
import {
  type Decimal,
  hasDecimalComma,
  isMissing,
  mayDivideThousands,
  meansMissing,
  numberIn,
} from './cells.js';
import { type ColumnChoice, type ColumnNames, chooseColumns, flagWord } from './columns.js';
import { readSheet, type Sheet, type TableLine } from './csv.js';
import { type RowSelection, selected } from './selection.js';

/** Which rows and columns of a table are read, and how. */
export interface TableOptions extends ColumnChoice {
  /** Rows to read, by their numbers from 0 after the header; default: all. */
  readonly rows?: RowSelection;
  /** Whether the first line is a header. Default: it is one if no cell of it is a number, NaN or empty. */
  readonly header?: boolean;
  /** The decimal mark; default 'point'. */
  readonly decimal?: Decimal;
}

export interface TableReading {
  /** Name of the file in messages. */
  readonly where: string;
  readonly options?: TableOptions;
  /** The model's names of the columns; undefined where it has none. */
  readonly columns?: ColumnNames;
  /** Whether empty and NaN cells are read as NaN; default: they are refused. */
  readonly missing?: boolean;
  /** Largest magnitude that the type of the input holds; default: any finite number. */
  readonly largest?: number;
}

/** The rows and columns that were read. */
interface Chosen {
  /** The number of each row in the file, from 0 after the header. */
  readonly rows: readonly number[];
  readonly names?: readonly string[];
  readonly notices: readonly string[];
}

export interface NumberTable extends Chosen {
  /** [rows, columns], float64. */
  readonly tensor: Tensor;
}

export interface TextTable extends Chosen {
  readonly texts: readonly (readonly string[])[];
}

/**
 * Reads the numbers of a table, its columns by name or in order (see `chooseColumns`). Throws `file-format` with line and column for a cell
 * that is no finite number, or missing where missing values are refused, and what `readSheet` and `chooseColumns` throw.
 */
export function readNumbers(bytes: Uint8Array, reading: TableReading): NumberTable {
  const { sheet, positions, lines, ...chosen } = choose(bytes, reading);
  const data = new Float64Array(lines.length * positions.length);
  lines.forEach((line, r) => {
    positions.forEach((position, c) => {
      data[r * positions.length + c] = numberAt({ sheet, line, position }, reading);
    });
  });
  return { ...chosen, tensor: tensor(data, [lines.length, positions.length]) };
}

/** Reads the cells of a table as texts; an empty cell is an empty text. Otherwise as {@link readNumbers}. */
export function readTexts(bytes: Uint8Array, reading: TableReading): TextTable {
  const { positions, lines, rows, names, notices } = choose(bytes, reading);
  return {
    rows,
    names,
    notices,
    texts: lines.map(({ cells }) => positions.map((position) => cells[position])),
  };
}

function choose(bytes: Uint8Array, { where, options = {}, columns }: TableReading) {
  const sheet = readSheet(bytes, { where, header: options.header });
  const { positions, names, notices } = chooseColumns(sheet, options, columns);
  const count = sheet.lines.length;
  const rows =
    options.rows === undefined ? [...sheet.lines.keys()] : selected(options.rows, { count, where });
  return { sheet, positions, names, notices, rows, lines: rows.map((row) => sheet.lines[row]) };
}

interface Cell {
  readonly sheet: Sheet;
  readonly line: TableLine;
  readonly position: number;
}

function numberAt(
  cell: Cell,
  { missing = false, options = {}, largest = Number.MAX_VALUE }: TableReading,
): number {
  const text = cell.line.cells[cell.position];
  const value = numberIn(text, options.decimal);
  if (value === undefined) return refuseText(cell, text);
  if (Math.abs(value) <= largest || (missing && isMissing(text))) return value;
  return refuse(cell, {
    expected: isMissing(text)
      ? 'a number, as the model takes no missing ones here'
      : `a finite number${largest < Number.MAX_VALUE ? `, of at most ${largest} by the type of the input` : ''}`,
    got: text === '' ? 'an empty cell' : `"${text}"`,
    remedy: 'Fill it in, or leave the row or the column out: --rows, --drop.',
  });
}

function refuseText(cell: Cell, text: string): never {
  const { sheet, line } = cell;
  const first = sheet.notHeader !== undefined && line === sheet.lines[0];
  const remedy = first
    ? `The first line is no header, as ${sheet.notHeader}: --header yes makes it one.`
    : spelling(text, leaveOut(cell));
  return refuse(cell, { expected: 'a number', got: `"${text.slice(0, 40)}"`, remedy });
}

/** Says how a cell should be written; `otherwise` where it holds no number in any spelling. */
function spelling(text: string, otherwise: string): string {
  if (mayDivideThousands(text)) {
    return 'Where the comma divides thousands, leave it out; where it is a decimal comma: --decimal comma.';
  }
  if (hasDecimalComma(text)) return 'Where commas are decimal commas: --decimal comma.';
  return meansMissing(text) ? 'Write a missing number as an empty cell or NaN.' : otherwise;
}

/** Says how the column of a cell is left out. */
function leaveOut({ sheet: { names }, position }: Cell): string {
  const name = names?.[position] ?? `${position}`;
  return `A column that is no input, such as a label or an id, is left out by --drop ${flagWord(name)}.`;
}

function refuse(
  { sheet: { where, names }, line, position }: Cell,
  { expected, got, remedy }: { expected: string; got: string; remedy?: string },
): never {
  const name = names === undefined ? '' : ` ("${names[position]}")`;
  return fail({
    code: 'file-format',
    where: `${where}, line ${line.number}, column ${position + 1}${name}`,
    expected,
    got,
    remedy,
  });
}

export interface CsvTable {
  /** [rows, columns], float64. */
  readonly tensor: Tensor;
  /** Column names, when the first line is a header. */
  readonly names?: readonly string[];
}

/** Reads all rows and columns of a table of numbers. Throws what {@link readNumbers} throws. */
export function readCsv(bytes: Uint8Array, where: string): CsvTable {
  const { tensor, names } = readNumbers(bytes, { where });
  return { tensor, names };
}
