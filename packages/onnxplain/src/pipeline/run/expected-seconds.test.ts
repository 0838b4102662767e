import { type Tensor, tensor } from '@onnxplain/core';
import { expect, test } from 'vitest';
import { expectedSeconds } from './expected-seconds.js';

interface Machine {
  /** Seconds of run i of so many rows. */
  readonly seconds: (run: number, rows: number) => number;
  readonly count: number;
}

/** What is expected of rows on a machine of such times, and the rows of each run. */
async function timedOn({ seconds, count }: Machine) {
  let clock = 100;
  const runs: number[] = [];
  const evaluate = async ({ shape: [rows] }: Tensor) => {
    runs.push(rows);
    clock += seconds(runs.filter((size) => size === rows).length, rows);
  };
  const x = tensor(new Float32Array(4), [4]);
  return { expected: await expectedSeconds({ x, count, evaluate, now: () => clock }), runs };
}

test('the first run of a size, which opens sessions and wakes threads, does not count', async () => {
  const { expected } = await timedOn({ count: 1e6, seconds: (run, rows) => (run === 1 ? 60 : 1e-3 * rows) });
  expect(expected).toBeCloseTo(1000, 3);
});

test('runs that wait for other work of the machine do not count where most do not wait', async () => {
  const waits = (run: number) => (run % 3 === 0 ? 0.05 : 0);
  const { expected } = await timedOn({ count: 1e6, seconds: (run, rows) => 1e-3 * rows + waits(run) });
  expect(expected).toBeCloseTo(1000, 3);
});

test('rows count by what they take together, 64 in a run', async () => {
  const { expected, runs } = await timedOn({ count: 64e4, seconds: (_, rows) => 1e-3 + 1e-4 * rows });
  expect(expected).toBeCloseTo(74, 3);
  expect(new Set(runs)).toEqual(new Set([1, 64]));
});

test('rows that are slow run alone', async () => {
  const { runs } = await timedOn({ count: 1e4, seconds: (_, rows) => 0.2 * rows });
  expect(new Set(runs)).toEqual(new Set([1]));
});

test('a run that shows that all rows end soon is the last that is timed', async () => {
  const { expected, runs } = await timedOn({ count: 100, seconds: () => 0.01 });
  expect(expected).toBeCloseTo(1, 6);
  expect(runs).toEqual([1, 1]);
});

test('timing takes three runs where these are slow, and one where it takes more than 1 s', async () => {
  const runsAt = async (seconds: number) => (await timedOn({ count: 1e6, seconds: () => seconds })).runs;
  expect((await runsAt(0.3)).filter((rows) => rows === 1)).toHaveLength(1 + 3);
  expect(await runsAt(3)).toEqual([1, 1]);
});

test('no rows take no time', async () => {
  expect(await timedOn({ count: 0, seconds: () => 1 })).toEqual({ expected: 0, runs: [] });
});
