import { key, row, rows, stream, tensor, toFloat32, zeros } from '@onnxplain/core';
import { describe, expect, test } from 'vitest';
import { addElements, addRows, noMoments } from './elementwise.js';

const n = 23;
const shape = [3, 2];
const values = zeros([n, ...shape]);
stream(key(1)).addNormal(values.data, 1);
// A mean far from 0, which a sum of squares would lose.
for (let i = 0; i < values.data.length; i++) values.data[i] += 1e6;

describe.each([
  ['equal weights', () => 1],
  ['weights of which some are 0', (i: number) => (i < 6 || i % 5 === 0 ? 0 : i)],
])('rows with %s', (_, weightOf) => {
  const weights = Array.from({ length: n }, (_, i) => weightOf(i));

  test.each(['float64', 'float32'])('have the moments that they have one by one, %s', (type) => {
    const all = type === 'float32' ? toFloat32(values) : values;
    let slow = noMoments(shape);
    for (let i = 0; i < n; i++) slow = addElements(slow, row(all, i), weights[i]);
    let fast = noMoments(shape);
    for (const [from, to] of [
      [0, 9],
      [9, 10],
      [10, n],
    ])
      fast = addRows(fast, rows(all, from, to), weights.slice(from, to));
    expect(fast.weight).toBe(slow.weight);
    expect(fast.squaredWeight).toBe(slow.squaredWeight);
    for (let j = 0; j < 6; j++) {
      expect(fast.mean[j] / slow.mean[j]).toBeCloseTo(1, 14);
      expect(fast.deviations[j] / slow.deviations[j]).toBeCloseTo(1, 8);
    }
  });
});

test('a row that is not finite makes the moments of its element not finite', () => {
  const odd = tensor([1, 2, 3, Number.NaN, 5, 6, 7, 8], [4, 2]);
  const { mean } = addRows(noMoments([2]), odd, [1, 1, 1, 1]);
  expect([...mean]).toEqual([4, Number.NaN]);
});
