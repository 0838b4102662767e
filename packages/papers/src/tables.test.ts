import { describe, expect, test } from 'vitest';
import { paperNamed, papers, tableOf } from './papers.js';
import { type PaperTable, paperNames } from './table.js';

const all = Object.values(papers).flat();
const cases = all.map((table) => [`table ${table.id} of ${table.paper}`, table] as const);

const repeated = (names: readonly string[]) => names.filter((name, i) => names.indexOf(name) !== i);
const namesOf = ({ rows, columns }: PaperTable) => ({
  rows: rows.map(({ name }) => name),
  columns: columns.map(({ name }) => name),
});

describe.each(cases)('%s', (_, table) => {
  const { rows, columns } = namesOf(table);

  test('has a name for each row and column that no other has', () => {
    expect(repeated(rows)).toEqual([]);
    expect(repeated(columns)).toEqual([]);
  });

  test('has rows and columns, or says what it needs', () => {
    if (table.needs === undefined) expect(Math.min(rows.length, columns.length)).toBeGreaterThan(0);
    else expect(table.needs).not.toBe('');
  });

  test('names one of its models in each row where it has several, and none elsewhere', () => {
    const models = table.models?.map(({ name }) => name);
    expect(repeated(models ?? [])).toEqual([]);
    if (models !== undefined) expect(table.model).toBeUndefined();
    expect(new Set(table.rows.map(({ model }) => model))).toEqual(
      new Set(models ?? (table.rows.length > 0 ? [undefined] : [])),
    );
  });

  test('makes claims about its own rows and columns, each once', () => {
    for (const { row, column, than } of table.claims) {
      expect(rows).toContain(row);
      expect(columns).toContain(column);
      if (typeof than === 'string') expect(rows).toContain(than);
      expect(than).not.toBe(row);
    }
    expect(
      repeated(table.claims.map(({ row, column, than }) => JSON.stringify([row, column, than]))),
    ).toEqual([]);
  });

  test('has at most one number of the paper for a row and column of the paper', () => {
    for (const { row, column } of table.numbers) {
      expect(table.rows.find(({ name }) => name === row)?.added ?? false).toBe(false);
      expect(rows).toContain(row);
      expect(columns).toContain(column);
    }
    expect(repeated(table.numbers.map(({ row, column }) => JSON.stringify([row, column])))).toEqual([]);
  });
});

test('an id is found in its paper, and no other id or paper is', () => {
  for (const table of all) expect(tableOf(paperNamed(table.paper), table.id)).toBe(table);
  for (const name of paperNames) expect(repeated(papers[name].map(({ id }) => id))).toEqual([]);
  expect(() => tableOf('h21', '99')).toThrow(expect.objectContaining({ code: 'value-unknown' }));
  expect(() => paperNamed('h22')).toThrow(expect.objectContaining({ code: 'value-unknown' }));
});
