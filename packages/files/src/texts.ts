import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Dim, fail } from '@onnxplain/core';
import type { ColumnNames } from './columns.js';
import { fits } from './dims.js';
import { isTable, readSource, type Source, showSource } from './sources.js';
import { readTexts, type TableOptions } from './table.js';

/** One row of an input of texts, and where it came from. */
export interface NamedTexts {
  readonly name: string;
  readonly texts: readonly string[];
  /** Batch axis excluded. */
  readonly shape: readonly number[];
  readonly file: string;
  /** Of the file's bytes. */
  readonly sha256: string;
}

export interface ExpectedTexts {
  /** Dims of one row, batch axis excluded; undefined when the model does not say. */
  readonly dims: readonly Dim[] | undefined;
  readonly table?: TableOptions;
  /** What the model calls the columns of a table, where the source does not say. */
  readonly columns?: ColumnNames;
}

/** Rows of an input of texts, which tables hold. Throws `feed-type` for other files, `feed-shape`, and what `readTexts` throws. */
export async function loadTexts(
  sources: readonly Source[],
  expected: ExpectedTexts,
): Promise<{ readonly inputs: readonly NamedTexts[]; readonly said: readonly string[] }> {
  const loaded = [];
  for (const source of sources) loaded.push(await textsOf(source, expected));
  return { inputs: loaded.flatMap(({ inputs }) => inputs), said: loaded.flatMap(({ said }) => said) };
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
  const { texts, rows, said } = readTexts(bytes, {
    where,
    options: table,
    columns: source.columns ?? columns,
  });
  const shape = dims?.length === 0 ? [] : [texts[0].length];
  if ((dims !== undefined && !fits(shape, dims)) || (shape.length === 0 && texts[0].length !== 1)) {
    const expectedShape = `${dims?.join(', ') || 'one'} columns for an input of texts`;
    return fail({ code: 'feed-shape', where, expected: expectedShape, got: `${texts[0].length}` });
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const name = basename(source.file);
  const inputs = texts.map((row, i) => ({
    ...{ name: `${name}[${rows[i]}]`, texts: row, shape, file: source.file, sha256 },
  }));
  return { inputs, said };
}
