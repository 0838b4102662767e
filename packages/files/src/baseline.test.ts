import { OnnxplainError, tensor } from '@onnxplain/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BaselineReading, baselineRows, meanOfRows, onlyRow } from './baseline.js';
import type { ColumnNames } from './columns.js';

const rows = (text: string, reading: Partial<BaselineReading> = {}) => {
  const { shape, data } = baselineRows(new TextEncoder().encode(text), {
    ...{ where: 'rows.csv', options: {} },
    ...reading,
  });
  return { shape, data: [...data] };
};
const card = (all: readonly string[], own = all): ColumnNames => ({ all, own, from: 'the model card' });

test('columns are those of the model, by name; others are left aside', () => {
  const text = 'id,b,a,label\nr1,2,1,cat\nr2,4,3,dog\n';
  expect(rows(text, { columns: card(['a', 'b']) })).toEqual({ shape: [2, 2], data: [1, 2, 3, 4] });
  expect(rows(text, { columns: card(['a', 'b'], ['b']) }).data).toEqual([2, 4]);
  expect(() => rows(text, { columns: card(['a', 'c']) })).toThrow('rows.csv, header: expected a column "c"');
});

test('choices made for the inputs count where the table has such columns', () => {
  const text = 'id,b,a\n7,2,1\n';
  expect(rows(text, { options: { drop: ['id', 'label'] } }).data).toEqual([2, 1]);
  expect(rows(text, { options: { columns: ['a', 'b'] } }).data).toEqual([1, 2]);
  expect(rows('b,a\n2,1\n', { options: { columns: ['x', 'y'] } }).data).toEqual([2, 1]);
  expect(rows(text, { columns: card(['p', 'q']), options: { columns: ['a', 'b'] } }).data).toEqual([1, 2]);
});

test('a missing number is refused', () => {
  expect(() => rows('a,b\n1,\n')).toThrow('rows.csv, line 2, column 2 ("b")');
});

test('the mean of rows is the sum of each element over the rows, by their number', () => {
  const table = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 })).chain(([n, d]) =>
    fc.array(fc.array(fc.integer({ min: -99, max: 99 }), { minLength: d, maxLength: d }), {
      minLength: n,
      maxLength: n,
    }),
  );
  fc.assert(
    fc.property(table, (cells) => {
      const mean = meanOfRows(tensor(cells.flat(), [cells.length, cells[0].length]), 'rows.csv');
      const slow = cells[0].map((_, c) => cells.reduce((sum, line) => sum + line[c], 0) / cells.length);
      expect(mean.shape).toEqual([cells[0].length]);
      for (const [c, value] of slow.entries()) expect(mean.data[c]).toBeCloseTo(value, 10);
    }),
  );
});

test('one row stands for itself, several do not', () => {
  expect([...onlyRow(tensor([1, 2], [1, 2]), 'row.csv').data]).toEqual([1, 2]);
  const attempt = () => onlyRow(tensor([1, 2], [2, 1]), 'rows.csv');
  expect(attempt).toThrow(OnnxplainError);
  expect(attempt).toThrow('Their mean is mean(rows.csv); all of them');
});
