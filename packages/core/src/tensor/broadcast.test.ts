import { expect, test } from 'vitest';
import { broadcast } from './broadcast.js';
import { tensor } from './tensor.js';

test('axes of size 1 and missing leading axes are repeated', () => {
  const row = tensor([1, 2, 3], [3]);
  expect([...broadcast('it', row, [2, 3]).data]).toEqual([1, 2, 3, 1, 2, 3]);
  const column = tensor([1, 2], [2, 1]);
  expect([...broadcast('it', column, [2, 3]).data]).toEqual([1, 1, 1, 2, 2, 2]);
  const middle = tensor([1, 2, 3, 4], [2, 1, 2]);
  expect([...broadcast('it', middle, [2, 2, 2]).data]).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  expect([...broadcast('it', tensor([7], []), [2]).data]).toEqual([7, 7]);
});

test('a tensor that has the shape is itself, and the number type stays', () => {
  const t = tensor(Float32Array.of(1, 2), [2]);
  expect(broadcast('it', t, [2])).toBe(t);
  expect(broadcast('it', t, [3, 2]).data).toBeInstanceOf(Float32Array);
});

test.each([
  [[2], [3]],
  [[1, 3], [3]],
  [
    [3, 2],
    [2, 3],
  ],
])('%j does not go into %j', (from, to) => {
  const t = tensor(new Array(from.reduce((a, b) => a * b, 1)).fill(0), from);
  expect(() => broadcast('it', t, to)).toThrow(/it: expected shape .* or one that is repeated to it/);
});
