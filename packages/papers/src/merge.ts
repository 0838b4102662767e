import { fail } from '@onnxplain/core';
import type { PaperTable } from './table.js';

/**
 * One table with the rows and columns of several tables of a paper, each once, so that one run computes them all: id, title and notes are
 * joined, and there are no numbers and claims. Throws `usage` where the tables have different inputs, models or classes, where they
 * mean different things by one name, and without tables.
 */
export function mergeTables(tables: readonly PaperTable[]): PaperTable {
  const [first] = tables;
  if (first === undefined)
    return fail({ code: 'usage', where: 'tables', expected: 'at least one', got: 'none' });
  for (const table of tables) expectSameInputs(first, table);
  return {
    ...first,
    id: tables.map(({ id }) => id).join(', '),
    title: tables.map(({ title }) => title).join('; '),
    rows: byName(tables.flatMap(({ rows }) => rows)),
    columns: byName(tables.flatMap(({ columns }) => columns)),
    numbers: [],
    claims: [],
    notes: [...new Set(tables.flatMap(({ notes }) => notes))],
    needs: tables.find(({ needs }) => needs !== undefined)?.needs,
  };
}

function expectSameInputs(first: PaperTable, table: PaperTable): void {
  const inputsOf = ({ paper, inputs, model, models, classes }: PaperTable) =>
    JSON.stringify({ paper, inputs, model, models, classes });
  if (inputsOf(first) === inputsOf(table)) return;
  fail({
    code: 'usage',
    where: `tables ${first.id} and ${table.id}`,
    expected: 'tables of one paper with the same inputs and model',
    got: 'others',
    remedy: 'Compute them one after the other.',
  });
}

function byName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  const found = new Map<string, T>();
  for (const each of all) {
    const known = found.get(each.name);
    if (known === undefined) found.set(each.name, each);
    else if (JSON.stringify(known) !== JSON.stringify(each)) refuse(each.name);
  }
  return [...found.values()];
}

const refuse = (name: string): never =>
  fail({
    code: 'usage',
    where: `"${name}"`,
    expected: 'the same explainer or metric in all tables',
    got: 'different ones',
    remedy: 'Compute the tables one after the other.',
  });
