import type { RowCost } from './row-cost.js';

/**
 * Work of a run, in the unit of `workOf`, from which several threads are faster than one: 0.6 to 1.3 ms on one core. Threads sleep between
 * operators, so that smaller runs wait longer for them than they save. `tsx bench/threads.ts` measures it.
 */
const WORK_FOR_THREADS = 2 ** 26;

/** Bytes of weights up to which a graph gets a session of one thread beside that of all. */
const TWICE_IN_MEMORY = 2 ** 25;

/** Whether one thread runs `rows` rows of a graph sooner than several do. */
export function isSmallRun({ work, weights }: RowCost, rows: number): boolean {
  return work * rows < WORK_FOR_THREADS && weights <= TWICE_IN_MEMORY;
}

/** Returns the number of rows, a power of two, from which runs get all threads. */
export function rowsForThreads({ work }: RowCost): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, WORK_FOR_THREADS / Math.max(1, work))));
}
