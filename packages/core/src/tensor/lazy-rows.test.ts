import { expect, test } from 'vitest';
import { expectBatch } from '../score/batch.js';
import { isLazyRows, lazyRow, lazyRows, rowByRow } from './lazy-rows.js';
import { row } from './rows.js';
import { isTensor } from './tensor.js';

/** Rows 10·i + j, and how often each was computed. */
function counted(type: 'float32' | 'float64' | 'either', n = 3) {
  const times = new Array<number>(n).fill(0);
  const rows = lazyRows({
    n,
    shape: [2],
    type,
    write: rowByRow((out, i) => {
      times[i]++;
      for (let j = 0; j < out.length; j++) out[j] = 10 * i + j;
    }),
  });
  return { rows, times };
}

test('rows are computed alone, and no others', () => {
  const { rows, times } = counted('float64');
  const out = new Float64Array(4);
  rows.writeRows(out, 1, 3);
  expect([...out]).toEqual([10, 11, 20, 21]);
  expect(times).toEqual([0, 1, 1]);
});

test('all rows are computed once for their data, from which later reads copy', () => {
  const { rows, times } = counted('float32');
  expect([...rows.data]).toEqual([0, 1, 10, 11, 20, 21]);
  expect(rows.data).toBeInstanceOf(Float32Array);
  rows.writeRows(new Float32Array(6), 0, 3);
  expect([...row(rows, 2).data]).toEqual([20, 21]);
  expect(times).toEqual([1, 1, 1]);
});

test('rows of either type are float64 as data, and are written into arrays of both types', () => {
  const { rows } = counted('either');
  expect(rows.data).toBeInstanceOf(Float64Array);
  const out = new Float32Array(2);
  rows.writeRows(out, 2, 3);
  expect([...out]).toEqual([20, 21]);
});

test('checks of type and shape compute nothing', () => {
  const { rows, times } = counted('float64');
  expect(isTensor(rows)).toBe(true);
  expectBatch('here', rows, [2]);
  expect(() => expectBatch('here', rows, [3])).toThrow('a batch [n, 3]');
  expect(isLazyRows(rows)).toBe(true);
  expect(isLazyRows({ shape: [0], data: new Float64Array() })).toBe(false);
  expect(times).toEqual([0, 0, 0]);
});

test('one row is computed alone, once, when its data are read', () => {
  const { rows, times } = counted('float64');
  const second = lazyRow(rows, 1);
  expect(second.shape).toEqual([2]);
  expect(times).toEqual([0, 0, 0]);
  expect([...second.data, ...second.data]).toEqual([10, 11, 10, 11]);
  expect(times).toEqual([0, 1, 0]);
  const kept = { shape: [2, 1], data: Float64Array.of(5, 6) };
  expect(lazyRow(kept, 1)).toEqual({ shape: [1], data: Float64Array.of(6) });
});
