import { expect, test } from 'vitest';
import { independentRuns } from './independence.js';
import type { Segment } from './segment.js';

const segment = (...numbers: readonly number[]): Segment => ({
  rows: { shape: [numbers.length, 1], data: Float32Array.from(numbers) },
  parameters: undefined,
  from: 0,
  to: numbers.length,
});

test('a check whose trials did not run is made again at the next run of several rows', async () => {
  let broken = true;
  let found = 0;
  // Every result is the sum over all rows of the run; at first only runs of two rows work.
  const run = async (segments: readonly Segment[]) => {
    const data = segments.flatMap(({ rows, from, to }) => [...rows.data.subarray(from, to)]);
    if (broken && data.length !== 2) throw new Error('no such size');
    const sum = data.reduce((total, number) => total + number, 0);
    return { data: Float32Array.from(data, () => sum), seconds: 0 };
  };
  const checked = independentRuns(run, {
    shape: [1],
    parts: [{ width: 1, tolerance: 1e-4 }],
    perRun: undefined,
    independence: { dependent: false },
    onDependent: () => {
      found += 1;
    },
  });
  expect([...(await checked([segment(1, 2)])).data]).toEqual([3, 3]);
  expect(found).toBe(0);
  broken = false;
  expect([...(await checked([segment(1, 2)])).data]).toEqual([1, 2]);
  expect(found).toBe(1);
});
