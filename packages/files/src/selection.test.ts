import { expect, test } from 'vitest';
import { rowsIn, selected } from './selection.js';

const rows = (text: string, count: number) => selected(rowsIn(text), { count, where: 'x.csv' });

test('rows are numbers from 0 and ranges without their end, in the order asked for', () => {
  expect(rows('3,5', 6)).toEqual([3, 5]);
  expect(rows('0:3', 6)).toEqual([0, 1, 2]);
  expect(rows('4:, 0, :2', 6)).toEqual([4, 5, 0, 0, 1]);
});

test.each(['', 'a', '3:3', '5:2', '-1', '1.5', '1:2:3'])('%j is no choice of rows', (text) => {
  expect(() => rowsIn(text)).toThrow('numbers of rows from 0');
});

test.each(['6', '0:7', '6:'])('row %s of 6 is not there', (text) => {
  expect(() => rows(text, 6)).toThrow('x.csv: expected rows from 0 to 5, got --rows');
});
