import { getEventListeners } from 'node:events';
import { type Tensor, tensor } from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { type Batching, fixedBatching, measuredBatching } from './batching.js';
import { type QueueOptions, type RequestQueue, requestQueue } from './queue.js';
import type { Segment } from './segment.js';

const rowsOf = (...numbers: number[]): Tensor => tensor(numbers, [numbers.length, 1]);

/** A queue that doubles numbers, and what it ran: the rows of every run. */
function doubling(
  options: Partial<QueueOptions> = {},
  before?: (rows: number[]) => void,
): { queue: RequestQueue; runs: number[][] } {
  const runs: number[][] = [];
  const made = requestQueue({
    width: 1,
    batching: fixedBatching(4),
    allocate: (length) => new Float64Array(length),
    async run(segments) {
      const rows = segments.flatMap(({ rows, from, to }) => Array.from(rows.data.subarray(from, to)));
      before?.(rows);
      runs.push(rows);
      await new Promise(setImmediate);
      return { data: Float64Array.from(rows, (v) => 2 * v), seconds: 0.001 };
    },
    ...options,
  });
  return { queue: made, runs };
}

test('requests of one turn are joined in order and handed back one by one', async () => {
  const { queue, runs } = doubling();
  const all = await Promise.all(
    [rowsOf(1), rowsOf(2, 3), rowsOf(4, 5, 6)].map((rows) => queue.submit({ rows })),
  );
  expect(all.map((result) => Array.from(result))).toEqual([[2], [4, 6], [8, 10, 12]]);
  expect(runs).toEqual([
    [1, 2, 3, 4],
    [5, 6],
  ]);
});

test('requests that continue after a run meet again: k callers in lockstep cost one run a step', async () => {
  const { queue, runs } = doubling();
  const caller = async (first: number) => {
    let [v] = await queue.submit({ rows: rowsOf(first) });
    for (let step = 0; step < 3; step++) [v] = await queue.submit({ rows: rowsOf(v) });
    return v;
  };
  expect(await Promise.all([1, 2, 3].map(caller))).toEqual([16, 32, 48]);
  expect(runs.map((run) => run.length)).toEqual([3, 3, 3, 3]);
});

test('the size of a run is chosen with the knowledge whether other rows of the request ran before', async () => {
  const seen: unknown[] = [];
  const batching: Batching = {
    ...fixedBatching(2),
    next(pending, begun) {
      seen.push([pending, begun]);
      return Math.min(2, pending);
    },
  };
  await doubling({ batching }).queue.submit({ rows: rowsOf(1, 2, 3, 4, 5) });
  expect(seen).toEqual([
    [5, false],
    [3, true],
    [1, true],
  ]);
});

test("a request that is one run gets the run's own array", async () => {
  const own = Float64Array.of(1, 2);
  const { queue } = doubling({ run: async () => ({ data: own, seconds: 0 }) });
  expect(await queue.submit({ rows: rowsOf(5, 6) })).toBe(own);
});

test('columns of the results go into arrays that a request brings, whatever runs its rows share', async () => {
  const twice = (rows: readonly number[]) => Float64Array.from(rows.flatMap((v) => [v, 2 * v, 3 * v]));
  const { queue } = doubling({
    width: 3,
    run: async (segments) => ({
      data: twice(segments.flatMap(({ rows, from, to }) => Array.from(rows.data.subarray(from, to)))),
      seconds: 0,
    }),
  });
  const into = [
    { data: new Float64Array(3), width: 1 },
    { data: new Float32Array(6), width: 2 },
  ];
  const [without] = await Promise.all([
    queue.submit({ rows: rowsOf(1, 2) }),
    queue.submit({ rows: rowsOf(4, 5, 6), into }),
  ]);
  expect([...without]).toEqual([1, 2, 3, 2, 4, 6]);
  expect(into.map(({ data }) => [...data])).toEqual([
    [4, 5, 6],
    [8, 12, 10, 15, 12, 18],
  ]);
});

test('no rows give no results and no run', async () => {
  const { queue, runs } = doubling();
  expect(await queue.submit({ rows: tensor([], [0, 1]) })).toHaveLength(0);
  expect(runs).toEqual([]);
});

const bigints = (array?: Constant): readonly bigint[] =>
  array?.data instanceof BigInt64Array ? [...array.data] : [];

test('parameters travel with their rows', async () => {
  const seen: bigint[][] = [];
  const { queue } = doubling({
    async run(segments: readonly Segment[]) {
      seen.push(segments.flatMap(({ parameters, from, to }) => bigints(parameters?.[0]).slice(from, to)));
      return { data: new Float64Array(segments.reduce((n, { from, to }) => n + to - from, 0)), seconds: 0 };
    },
  });
  const request = (...targets: bigint[]) => ({
    rows: rowsOf(...targets.map(Number)),
    parameters: [{ dtype: 'int64', dims: [targets.length], data: BigInt64Array.from(targets) } as const],
  });
  await Promise.all([queue.submit(request(1n, 2n, 3n)), queue.submit(request(7n, 8n))]);
  expect(seen).toEqual([[1n, 2n, 3n, 7n], [8n]]);
});

test('an aborted request is rejected at once, its rows are dropped and the others are served', async () => {
  const stop = new AbortController();
  const { queue, runs } = doubling({}, (rows) => {
    if (rows.includes(4)) stop.abort(new Error('enough'));
  });
  const long = queue.submit({ rows: rowsOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), signal: stop.signal });
  const short = queue.submit({ rows: rowsOf(20) });
  await expect(long).rejects.toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
  expect(Array.from(await short)).toEqual([40]);
  expect(runs).toEqual([[1, 2, 3, 4], [20]]);
  expect(Array.from(await queue.submit({ rows: rowsOf(3) }))).toEqual([6]);
});

test('a signal has one listener for all requests under way, and its abort rejects every one of them', async () => {
  const { queue } = doubling();
  const stop = new AbortController();
  const requests = Array.from({ length: 20 }, (_, i) =>
    queue.submit({ rows: rowsOf(i), signal: stop.signal }),
  );
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
  stop.abort();
  const ends = await Promise.allSettled(requests);
  expect(ends.map(({ status }) => status)).toEqual(requests.map(() => 'rejected'));
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
});

test('a signal given beforehand rejects without a run, and listeners are not left behind', async () => {
  const { queue, runs } = doubling();
  await expect(queue.submit({ rows: rowsOf(1), signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
  expect(runs).toEqual([]);
  let listeners = 0;
  const signal = new AbortController().signal;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  await queue.submit({ rows: rowsOf(1), signal });
  expect(listeners).toBe(0);
});

test('an error belongs to the request that caused it', async () => {
  const { queue } = doubling({}, (rows) => {
    if (rows.includes(13)) throw new Error('thirteen');
  });
  const results = await Promise.allSettled([1, 13, 2].map((v) => queue.submit({ rows: rowsOf(v) })));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(Array.from(await queue.submit({ rows: rowsOf(4) }))).toEqual([8]);
});

test('a run that finds no memory is repeated with fewer rows, and no row is lost or doubled', async () => {
  const { queue, runs } = doubling({ batching: measuredBatching({ limit: 16 }) }, (rows) => {
    if (rows.length > 3) throw new Error('Failed to allocate memory for requested buffer');
  });
  const many = Array.from({ length: 10 }, (_, i) => i);
  const [a, b] = await Promise.all([
    queue.submit({ rows: rowsOf(...many) }),
    queue.submit({ rows: rowsOf(50, 60) }),
  ]);
  expect(Array.from(a)).toEqual(many.map((v) => 2 * v));
  expect(Array.from(b)).toEqual([100, 120]);
  expect(runs.flat().toSorted((x, y) => x - y)).toEqual([...many, 50, 60]);
});

test("progress counts the rows of its own request, and what it throws is that request's error", async () => {
  const { queue } = doubling();
  const seen: number[] = [];
  const counted = queue.submit({ rows: rowsOf(1, 2, 3, 4, 5, 6), onRows: (rows) => seen.push(rows) });
  const thrower = queue.submit({
    rows: rowsOf(7, 8),
    onRows() {
      throw new Error('mine');
    },
  });
  await expect(thrower).rejects.toThrow('mine');
  await counted;
  expect(seen).toEqual([4, 2]);
});
