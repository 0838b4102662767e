import { expect, test } from 'vitest';
import { runSizes } from './run-sizes.js';

const options = {
  device: 'cpu',
  fixedRows: undefined,
  batch: undefined,
  memory: 1000,
  bytesPerRow: () => 10,
} as const;

test('on the CPU runs hold the rows that are there', () => {
  const { batching, paddedSize } = runSizes({ ...options, batch: 50 });
  expect([batching.next(70), paddedSize(50), paddedSize(20)]).toEqual([50, 50, 20]);
});

test('on a GPU runs are paddedSize up to powers of two within the budget', () => {
  const { paddedSize } = runSizes({ ...options, device: 'cuda' });
  expect([1, 2, 3, 17, 33, 64].map(paddedSize)).toEqual([1, 2, 4, 32, 64, 64]);
  const chosen = runSizes({ ...options, device: 'cuda', batch: 50 });
  expect([chosen.batching.next(70), chosen.paddedSize(50), chosen.paddedSize(20)]).toEqual([50, 50, 32]);
});

test('a fixed batch axis rules over everything', () => {
  const { batching, paddedSize } = runSizes({ ...options, fixedRows: 3, batch: 50 });
  expect([batching.next(70), batching.next(2), paddedSize(2)]).toEqual([3, 2, 3]);
});

test('the first run has activations of 4 MiB on the CPU, and of 256 MiB on a GPU, where memory allows that', () => {
  const large = { ...options, memory: 2 ** 30, bytesPerRow: () => 2 ** 19 };
  expect(runSizes(large).batching.next(1000)).toBe(8);
  expect(runSizes({ ...large, device: 'cuda' }).batching.next(1000)).toBe(256);
  expect(runSizes({ ...large, memory: 2 ** 21 }).batching.next(1000)).toBe(4);
});
