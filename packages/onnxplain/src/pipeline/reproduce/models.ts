import { fail } from '@onnxplain/core';
import type { PaperTable } from '@onnxplain/papers';

/** A model of a table, with the part of the table that it computes. */
export interface ModelOfTable {
  /** Absent where the table has one model. */
  readonly name?: string;
  readonly file: string;
  /** The table with the rows of the model only. */
  readonly table: PaperTable;
}

/**
 * The models of a table in its order, in the files that are given, or else in those of the table. Throws `usage` where more or fewer are
 * given than the table has, and where there is none.
 */
export function modelsOfTable(
  table: PaperTable,
  given: readonly string[] | undefined,
): readonly ModelOfTable[] {
  const files = given ?? filesOf(table);
  const names = table.models?.map(({ name }) => name) ?? [undefined];
  if (files.length !== names.length) refuse(table, files);
  return names.map((name, i) => ({
    name,
    file: files[i],
    table: { ...table, rows: table.rows.filter((row) => row.model === name) },
  }));
}

const filesOf = ({ model, models }: PaperTable): readonly string[] =>
  models?.map(({ file }) => file) ?? (model === undefined ? [] : [model]);

function refuse({ paper, id, models }: PaperTable, files: readonly string[]): never {
  const expected =
    models === undefined
      ? '--model FILE'
      : `--model FILE ${models.length} times, for the models ${models.map(({ name }) => name).join(', ')} in this order`;
  const got = files.length === 0 ? 'nothing' : files.join(', ');
  return fail({ code: 'usage', where: `table ${id} of ${paper}`, expected, got });
}
