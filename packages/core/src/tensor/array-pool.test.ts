import { expect, test } from 'vitest';
import { arrayPool } from './array-pool.js';

test('a pool gives an array again that is long enough and of the type, after it was given back', () => {
  const pool = arrayPool(1000);
  const first = pool.take(Float32Array, 10);
  expect(pool.take(Float32Array, 10)).not.toBe(first);
  pool.giveBack(first);
  expect(pool.take(Float32Array, 11)).not.toBe(first);
  expect(pool.take(Float64Array, 5)).not.toBe(first);
  expect(pool.take(Float32Array, 5)).toBe(first);
  expect(pool.take(Float32Array, 5)).not.toBe(first);
});

test('a pool keeps no more bytes than its limit', () => {
  const pool = arrayPool(100);
  const [small, large] = [pool.take(Float32Array, 10), pool.take(Float32Array, 26)];
  pool.giveBack(small);
  pool.giveBack(large);
  expect(pool.take(Float32Array, 26)).not.toBe(large);
});
