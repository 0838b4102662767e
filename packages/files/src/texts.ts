import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Dim, fail } from '@onnxplain/core';
import type { ColumnNames } from './columns.js';
import { fits } from './dims.js';
import { isTable, readSource, type Source, showSource } from './sources.js';
import { readTexts, type TableOptions } from './table.js';

/** One row of an input of texts and the file that it was read from. */
export interface NamedTexts {
  readonly name: string;
  readonly texts: readonly string[];
  /** Without the batch axis. */
  readonly shape: readonly number[];
  readonly file: string;
  /** SHA-256 of the file's bytes. */
  readonly sha256: string;
}

export interface ExpectedTexts {
  /** Dims of one row, without the batch axis; undefined when the model does not declare them. */
  readonly dims: readonly Dim[] | undefined;
  readonly table?: TableOptions;
  /** The model's names of the columns of a table, for sources without names of their own. */
  readonly columns?: ColumnNames;
}

/** Reads the rows of an input of texts from tables. Throws `feed-type` for other files, `feed-shape`, and what `readTexts` throws. */
export async function loadTexts(
  sources: readonly Source[],
  expected: ExpectedTexts,
): Promise<{ readonly inputs: readonly NamedTexts[]; readonly notices: readonly string[] }> {
  const loaded = [];
  for (const source of sources) loaded.push(await textsOf(source, expected));
  return {
    inputs: loaded.flatMap(({ inputs }) => inputs),
    notices: loaded.flatMap(({ notices }) => notices),
  };
}

async function textsOf(source: Source, { dims, table, columns }: ExpectedTexts) {
  const where = showSource(source);
  if (!isTable(source)) {
    const remedy = 'Give its rows as a table: --input NAME=FILE.csv.';
    return fail({
      code: 'feed-type',
      where,
      expected: 'a .csv file for an input of texts',
      got: where,
      remedy,
    });
  }
  const { file: bytes } = await readSource(source);
  const { texts, rows, notices } = readTexts(bytes, {
    where,
    options: table,
    columns: source.columns ?? columns,
  });
  const shape = dims?.length === 0 ? [] : [texts[0].length];
  if ((dims !== undefined && !fits(shape, dims)) || (shape.length === 0 && texts[0].length !== 1)) {
    const expectedShape = `${dims?.join(', ') || 'one'} columns for an input of texts`;
    const remedy = '--columns and --drop choose the columns that are read.';
    return fail({ code: 'feed-shape', where, expected: expectedShape, got: `${texts[0].length}`, remedy });
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const name = basename(source.file);
  const inputs = texts.map((row, i) => ({
    ...{ name: `${name}[${rows[i]}]`, texts: row, shape, file: source.file, sha256 },
  }));
  return { inputs, notices };
}
