import type { RowCost } from './row-cost.js';

/**
 * Work of a run, in the unit of `workOf`, from which several threads are about as fast as one or faster: 0.3 to 0.7 ms on one core. The
 * threads of smaller runs save less than it takes to wake them. `tsx bench/threads.ts` measures it.
 */
const WORK_FOR_THREADS = 2 ** 25;

/** Bytes of weights up to which a graph gets a session of one thread beside that of all. */
const MOST_WEIGHTS_TWICE = 2 ** 25;

/** Whether one thread runs `rows` rows of a graph sooner than several do. */
export function isSmallRun({ work, weights }: RowCost, rows: number): boolean {
  return work * rows < WORK_FOR_THREADS && weights <= MOST_WEIGHTS_TWICE;
}

/** Returns a number of rows, a power of two, of which half has enough work for several threads: parts of a request may be so small. */
export function rowsForThreads({ work }: RowCost): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, (2 * WORK_FOR_THREADS) / Math.max(1, work))));
}
