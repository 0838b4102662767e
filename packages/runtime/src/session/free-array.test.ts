import { expect, test } from 'vitest';
import { freeArray } from './free-array.js';

test('an array that is freed has no memory any more, and neither have others of its buffer', () => {
  const array = new Float32Array(2 ** 12).fill(1);
  const part = array.subarray(7);
  freeArray(part);
  expect([array.length, part.length, array.buffer.byteLength]).toEqual([0, 0, 0]);
});

test('the memory of arrays that are freed does not add up', () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 8; i++) freeArray(new Float64Array(2 ** 20));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 2 ** 23);
});
