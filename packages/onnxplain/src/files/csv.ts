/** The door to csv-parse: numeric tables. */
import { fail, type Tensor, tensor } from '@onnxplain/core';
import { CsvError, parse } from 'csv-parse/sync';

export interface CsvTable {
  /** [rows, columns], float64. */
  readonly tensor: Tensor;
  /** Column names, when the first line is a header. */
  readonly names?: readonly string[];
}

/**
 * Reads a table of numbers: comma separated, one input a line. A first line with any cell that is no number is the header.
 * Empty lines and lines that start with "#" are skipped. Throws `file-format` with line and column.
 */
export function readCsv(bytes: Uint8Array, where: string): CsvTable {
  const records = parseRecords(bytes, where);
  const headed = records.length > 0 && records[0].record.some((cell) => !isNumber(cell));
  const rows = headed ? records.slice(1) : records;
  if (rows.length === 0)
    return fail({
      code: 'file-format',
      where,
      expected: 'lines of numbers',
      got: headed ? 'only a header' : 'none',
    });
  const width = records[0].record.length;
  const data = new Float64Array(rows.length * width);
  rows.forEach(({ record, info }, r) => {
    if (record.length !== width) {
      fail({
        code: 'file-format',
        where: `${where}, line ${info.lines}`,
        expected: `${width} columns`,
        got: `${record.length}`,
      });
    }
    record.forEach((cell, c) => {
      if (!isNumber(cell)) refuseCell({ where, line: info.lines, column: c + 1, cell });
      data[r * width + c] = Number(cell);
    });
  });
  return { tensor: tensor(data, [rows.length, width]), names: headed ? records[0].record : undefined };
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function parseRecords(bytes: Uint8Array, where: string): readonly Parsed[] {
  try {
    return parse(Buffer.from(bytes), {
      bom: true,
      comment: '#',
      comment_no_infix: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly Parsed[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    return fail(
      { code: 'file-format', where, expected: 'comma separated numbers', got: cause.message },
      { cause },
    );
  }
}

const isNumber = (cell: string): boolean => cell !== '' && Number.isFinite(Number(cell));

function refuseCell({
  where,
  line,
  column,
  cell,
}: {
  where: string;
  line: number;
  column: number;
  cell: string;
}) {
  fail({
    code: 'file-format',
    where: `${where}, line ${line}, column ${column}`,
    expected: 'a number',
    got: cell === '' ? 'an empty cell' : `"${cell.slice(0, 40)}"`,
  });
}
