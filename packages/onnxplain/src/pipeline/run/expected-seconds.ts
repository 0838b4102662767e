import { spans, stack, type Tensor } from '@onnxplain/core';
import { LARGE_SECONDS } from './shown-cost.js';

/** Most rows of one timed run. */
const MOST_ROWS = 64;

/** No further run is timed where one shows that all rows take less. */
const SHORT_SECONDS = LARGE_SECONDS / 4;

/** Runs of one size are timed until they took `seconds`, and go on up to `most` seconds where they are fewer than `runs`. */
const TIMED = { seconds: 0.3, runs: 3, most: 1 } as const;

export interface TimedRows {
  /** The row that is evaluated again and again. */
  readonly x: Tensor;
  /** How many rows are to come. */
  readonly count: number;
  /** Evaluates a batch of rows. */
  readonly evaluate: (batch: Tensor) => Promise<unknown>;
  /** Seconds on any clock; default: those of this process. */
  readonly now?: () => number;
}

/**
 * Returns the seconds that `count` rows are expected to take: the median of several timed runs, of one row each, and where all rows would
 * take more than 10 s by that, of as many rows together as 0.3 s hold, at most 64. The first run of each size is not counted, because it
 * may compile a graph, open a session and wake threads.
 */
export async function expectedSeconds(timed: TimedRows): Promise<number> {
  const { x, count } = timed;
  if (count === 0) return 0;
  const one = (await medianSeconds(timed, 1)) * count;
  if (one <= LARGE_SECONDS) return one;
  const [{ to: fits }] = spans(MOST_ROWS, x.data.length);
  const rows = Math.min(fits, Math.max(1, Math.floor((TIMED.seconds * count) / one)));
  return rows === 1 ? one : ((await medianSeconds(timed, rows)) / rows) * count;
}

/** Returns the median seconds of runs of so many rows; those of one run where all rows take at most 2.5 s by it. */
async function medianSeconds(
  { x, count, evaluate, now = () => performance.now() / 1000 }: TimedRows,
  rows: number,
): Promise<number> {
  const batch = stack(new Array<Tensor>(rows).fill(x));
  await evaluate(batch);
  const seconds: number[] = [];
  for (let sum = 0; sum < TIMED.seconds || (seconds.length < TIMED.runs && sum < TIMED.most); ) {
    const started = now();
    await evaluate(batch);
    const taken = now() - started;
    if ((taken / rows) * count <= SHORT_SECONDS) return taken;
    seconds.push(taken);
    sum += taken;
  }
  return medianOf(seconds);
}

/** Returns the middle number, of two middle ones the lower. */
function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
