import { contentHash, tensor } from '@onnxplain/core';
import type { Feed } from '@onnxplain/runtime';
import { expect, test } from 'vitest';
import { contentOf } from './content.js';

const x = tensor([1, 2], [2]);
const ids = (dims: readonly number[], ...data: readonly bigint[]): Feed => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(data),
});

test('feeds belong to the content, in any order of their names', () => {
  const [a, b] = [ids([2], 1n, 2n), ids([2], 3n, 4n)];
  expect(contentOf(x)).toBe(contentHash(x));
  expect(contentOf(x, { a, b })).toBe(contentOf(x, { b, a }));
  const others = [contentOf(x), contentOf(x, { a }), contentOf(x, { a: b }), contentOf(x, { b: a })];
  expect(new Set(others).size).toBe(others.length);
});

test('a feed is the same with and without a batch axis, and in any type of its numbers', () => {
  const one = contentOf(x, { a: ids([2], 1n, 2n) });
  expect(contentOf(x, { a: ids([1, 2], 1n, 2n) })).toBe(one);
  expect(contentOf(x, { a: ids([2, 1], 1n, 2n) })).not.toBe(one);
  expect(contentOf(x, { a: tensor([1, 2], [2]) })).toBe(one);
  // The bits of 1 and 2 in half precision.
  const half: Feed = { dtype: 'float16', dims: [1, 2], data: Uint16Array.of(0x3c00, 0x4000) };
  expect(contentOf(x, { a: half })).toBe(one);
});
