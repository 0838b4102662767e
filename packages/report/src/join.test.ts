import { expect, test } from 'vitest';
import { sampleRecord } from '../test/sample-record.js';
import { joinRecords } from './join.js';
import { restrictRecord } from './restrict.js';

const indices = (all: readonly unknown[]) => [...all.keys()];
const parts = [[0], indices(sampleRecord.explainers).slice(1)].map((explainers, i) => ({
  folder: `run-${i}`,
  record: restrictRecord(sampleRecord, { explainers, metrics: indices(sampleRecord.metrics) }),
}));

const byCell = <C extends { readonly input: number; readonly explainer: number }>(cells: readonly C[]) =>
  cells.toSorted((a, b) => a.input - b.input || a.explainer - b.explainer);

test('runs of some explainers each join to the run of all, but for the folders of files and the time', () => {
  const joined = joinRecords(parts);
  expect(joined.explainers).toEqual(sampleRecord.explainers);
  expect(byCell(joined.estimates)).toEqual(byCell(sampleRecord.estimates));
  const withoutFolders = JSON.stringify(byCell(joined.attributions)).replace(/run-\d\//g, '');
  expect(JSON.parse(withoutFolders)).toEqual(JSON.parse(JSON.stringify(byCell(sampleRecord.attributions))));
  for (const cell of joined.attributions) {
    if (cell.status !== 'done' || cell.picture === undefined) continue;
    expect(cell.picture.file).toMatch(cell.explainer === 0 ? /^run-0\// : /^run-1\//);
  }
  expect(joined.attributions.some((cell) => cell.status === 'done' && cell.picture !== undefined)).toBe(true);
  expect(joined.timings.total).toBe(2 * sampleRecord.timings.total);
});

test('runs on other inputs or under other metrics, and no runs, do not join', () => {
  const [first, { record }] = parts;
  const [input, ...inputs] = record.inputs;
  const others = [
    { ...record, inputs: [{ ...input, content: 'other numbers' }, ...inputs] },
    { ...record, inputs },
    { ...record, metrics: [] },
  ];
  for (const other of others)
    expect(() => joinRecords([first, { folder: 'other', record: other }])).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  expect(() => joinRecords([])).toThrow(expect.objectContaining({ code: 'usage' }));
});
