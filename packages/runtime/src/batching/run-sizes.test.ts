import { expect, test } from 'vitest';
import { runSizes } from './run-sizes.js';

const options = {
  device: 'cpu',
  fixedRows: undefined,
  batch: undefined,
  memory: 1000,
  threads: 4,
  cost: () => ({ bytes: 10, work: Number.POSITIVE_INFINITY, weights: 0 }),
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
  const large = { ...options, memory: 2 ** 30, cost: () => ({ ...options.cost(), bytes: 2 ** 19 }) };
  expect(runSizes(large).batching.next(1000)).toBe(8);
  expect(runSizes({ ...large, device: 'cuda' }).batching.next(1000)).toBe(256);
  expect(runSizes({ ...large, memory: 2 ** 21 }).batching.next(1000)).toBe(4);
});

/** A row takes 2^20 multiplications: 32 rows are enough for several threads. */
const small = {
  ...options,
  memory: 2 ** 30,
  cost: () => ({ bytes: 2 ** 10, work: 2 ** 20, weights: 2 ** 20 }),
};

test('small runs get one thread, others as many as there are', () => {
  const { threads } = runSizes(small);
  expect([1, 31, 32, 1000].map(threads)).toEqual([1, 1, 4, 4]);
});

test('runs whose work is not known get all threads, and so do those on a GPU and those of large weights', () => {
  const heavy = () => ({ ...small.cost(), weights: 2 ** 26 });
  for (const other of [options, { ...small, device: 'cuda' }, { ...small, cost: heavy }] as const) {
    expect(runSizes(other).threads(1)).toBe(4);
  }
});

test('the first run has twice the rows that several threads need where these take at most 16 MiB, and not more than 4 MiB take where there is one thread', () => {
  const rows = (given: Parameters<typeof runSizes>[0]) => runSizes(given).batching.next(10_000);
  const wide = { ...small, cost: () => ({ ...small.cost(), bytes: 2 ** 18 }) };
  const wider = { ...small, cost: () => ({ ...small.cost(), bytes: 2 ** 19 }) };
  expect([wide, { ...wide, threads: 1 }, wider].map(rows)).toEqual([64, 16, 32]);
});
