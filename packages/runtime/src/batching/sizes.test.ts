import { expect, test } from 'vitest';
import { sizesOf } from './sizes.js';

const options = { device: 'cpu', fixedRows: undefined, batch: undefined, affordable: () => 100 } as const;

test('on the CPU runs hold the rows that are there', () => {
  const { batching, filled } = sizesOf({ ...options, batch: 50 });
  expect([batching.next(70), filled(50), filled(20)]).toEqual([50, 50, 20]);
});

test('on a GPU runs are filled up to powers of two within the budget', () => {
  const { filled } = sizesOf({ ...options, device: 'cuda' });
  expect([1, 2, 3, 17, 33, 64].map(filled)).toEqual([1, 2, 4, 32, 64, 64]);
  const chosen = sizesOf({ ...options, device: 'cuda', batch: 50 });
  expect([chosen.batching.next(70), chosen.filled(50), chosen.filled(20)]).toEqual([50, 50, 32]);
});

test('a fixed batch axis rules over everything', () => {
  const { batching, filled } = sizesOf({ ...options, fixedRows: 3, batch: 50 });
  expect([batching.next(70), batching.next(2), filled(2)]).toEqual([3, 2, 3]);
});
