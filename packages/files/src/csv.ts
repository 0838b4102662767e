/** Reads tables of text. The only module that imports csv-parse. */
import { isUtf8 } from 'node:buffer';
import { counted, fail } from '@onnxplain/core';
import { CsvError, parse } from 'csv-parse/sync';
import { isNumeric } from './cells.js';
import { DELIMITERS, type Delimiter, delimiterOf } from './delimiter.js';

/** The cells of a table file, and what was found out about their form. */
export interface Sheet {
  /** The file, for messages. */
  readonly where: string;
  readonly delimiter: Delimiter;
  /** Names of the columns, where the first line is a header. */
  readonly names?: readonly string[];
  /** Why the first line was not taken for a header although it has texts: the position of its first number. */
  readonly notHeader?: string;
  readonly lines: readonly TableLine[];
}

/** One line of cells. */
export interface TableLine {
  /** Line number from 1, as editors count; for a record of several lines the number of its last line. */
  readonly number: number;
  readonly cells: readonly string[];
}

export interface SheetOptions {
  /** Name of the file in messages. */
  readonly where: string;
  /** Whether the first line is a header. Default: it is one if no cell of it is a number, NaN or empty. */
  readonly header?: boolean;
}

/** How many lines the delimiter is found from. */
const FIRST_LINES = 20;

/**
 * Reads a table whose cells are separated by commas, semicolons, tabs or bars (see `delimiterOf`), quoted or not. A byte order mark, empty
 * lines and lines that start with "#" are skipped. Throws `file-format` with the line where there are no lines, for a quote that is
 * not closed, for a line with another number of cells, and for bytes that are not UTF-8 (nor UTF-16 with its mark).
 */
export function readSheet(bytes: Uint8Array, { where, header }: SheetOptions): Sheet {
  expectText(bytes, where);
  const delimiter = delimiterOf((name) => {
    try {
      return recordsIn(bytes, { delimiter: name, to: FIRST_LINES }).map(({ cells }) => cells);
    } catch (error) {
      // Reading the whole file gives the error for a broken one.
      if (!(error instanceof CsvError)) throw error;
      return [];
    }
  });
  const records = checked(where, () => recordsIn(bytes, { delimiter }));
  const [first, ...others] = records;
  const number = first?.cells.findIndex(isNumeric) ?? -1;
  const headed = first !== undefined && (header ?? number < 0);
  const lines = headed ? others : records;
  if (lines.length === 0) {
    const got = headed ? 'only a header' : 'none';
    const remedy = headed ? 'Where the first line holds numbers: --header no.' : undefined;
    return fail({ code: 'file-format', where, expected: `lines of cells ${SEPARATED}`, got, remedy });
  }
  expectEven(records, { where, delimiter });
  const names = headed ? first.cells.map((name, c) => name || `column ${c + 1}`) : undefined;
  return { where, delimiter, names, notHeader: headed ? undefined : placeOf(first.cells, number), lines };
}

/** Reads the names in a text such as `a,"height, cm"`. Throws `usage`. */
export function namesIn(text: string, where: string): readonly string[] {
  const expected = 'names with commas between them, those with commas or quotes in double quotes';
  try {
    const [record, ...more] = recordsIn(Buffer.from(text), { delimiter: 'comma' });
    if (record !== undefined && more.length === 0 && !record.cells.includes('')) return record.cells;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
  }
  return fail({ code: 'usage', where, expected, got: `"${text}"` });
}

const SEPARATED = `separated by ${Object.keys(DELIMITERS).join('s, ')}s`;

/** Refuses bytes that are neither UTF-8 nor UTF-16 with its byte order mark, because texts that a model looks up would change silently. */
function expectText(bytes: Uint8Array, where: string): void {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (wide || isUtf8(bytes)) return;
  fail({
    code: 'file-format',
    where,
    expected: 'text in UTF-8',
    got: 'bytes that are none',
    remedy: 'Save the table as UTF-8; older spreadsheets write Latin-1 or Windows-1252.',
  });
}

function recordsIn(
  bytes: Uint8Array,
  { delimiter, to }: { delimiter: Delimiter; to?: number },
): readonly TableLine[] {
  const records = parse(Buffer.from(bytes), {
    bom: true,
    comment: '#',
    comment_no_infix: true,
    delimiter: DELIMITERS[delimiter],
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    to,
    trim: true,
  }) as unknown as readonly {
    readonly record: readonly string[];
    readonly info: { readonly lines: number };
  }[];
  return records.map(({ record, info }) => ({ number: info.lines, cells: record }));
}

function checked<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    return fail({ code: 'file-format', where, expected: 'a table of cells', got: cause.message }, { cause });
  }
}

function expectEven(
  lines: readonly TableLine[],
  { where, delimiter }: Pick<Sheet, 'where' | 'delimiter'>,
): void {
  const width = lines[0].cells.length;
  for (const { number, cells } of lines) {
    if (cells.length === width) continue;
    fail({
      code: 'file-format',
      where: `${where}, line ${number}`,
      expected: `${counted(width, 'column')}, as in line ${lines[0].number}`,
      got: `${cells.length} between ${delimiter}s`,
    });
  }
}

/** Says which column holds the first number of a line of texts and numbers; undefined where all cells are numbers. */
function placeOf(cells: readonly string[], number: number): string | undefined {
  if (number < 0 || cells.every(isNumeric)) return undefined;
  return `column ${number + 1} holds ${cells[number] === '' ? 'nothing' : `the number ${cells[number]}`}`;
}
