import { type Tensor, throwIfAborted } from '@onnxplain/core';
import { onAbort } from './abort.js';

export type Numbers = Tensor['data'];

/** What a caller wants evaluated. */
export interface Request {
  /** [n, ...shape]. */
  readonly rows: Tensor;
  /** One class per row; absent when the graph finds the class itself. */
  readonly targets?: BigInt64Array;
  readonly signal?: AbortSignal;
  /** Called with the number of rows that came back from a run. */
  onRows?(rows: number): void;
}

/** A request under way. It is settled when its caller has the results or an error; an abort signal is such an error. */
export interface Job extends Request {
  readonly n: number;
  results: Numbers | undefined;
  /** Rows that were given to a run, and rows that came back. */
  taken: number;
  done: number;
  settled: boolean;
  resolve(results: Numbers): void;
  reject(error: unknown): void;
}

export function makeJob(
  request: Request,
  resolve: (results: Numbers) => void,
  reject: (error: unknown) => void,
): Job {
  const { rows, signal } = request;
  const job: Job = {
    ...request,
    n: rows.shape[0],
    results: undefined,
    taken: 0,
    done: 0,
    settled: false,
    resolve: (results) => settle(() => resolve(results)),
    reject: (error) => settle(() => reject(error)),
  };
  const settle = (answer: () => void) => {
    job.settled = true;
    forget?.();
    answer();
  };
  const abort = () => rejectIfThrown(job, () => throwIfAborted(signal));
  const forget = signal && onAbort(signal, abort);
  abort();
  return job;
}

/** Tells the caller that rows came back; what its progress function throws is its own error. */
export function report(job: Job, rows: number): void {
  rejectIfThrown(job, () => job.onRows?.(rows));
}

function rejectIfThrown(job: Job, work: () => void): void {
  try {
    work();
  } catch (error) {
    job.reject(error);
  }
}
