import { type Tensor, throwIfAborted } from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import { onAbort } from './abort.js';

export type Numbers = Tensor['data'];

/** An array for the next `width` numbers of each row: [n, width]. */
export interface ColumnArray {
  readonly data: Numbers;
  readonly width: number;
}

/** Rows that a caller wants evaluated. */
export interface RowRequest {
  /** [n, ...shape]. */
  readonly rows: Tensor;
  /**
   * What the graph takes beside each row, each [n, ...]: its class, a weight for each class, a direction. Absent where it takes nothing.
   */
  readonly parameters?: readonly Constant[];
  /** Arrays that get the numbers of the rows, the columns from left to right. Default: one new array gets them all. */
  readonly into?: readonly ColumnArray[];
  readonly signal?: AbortSignal;
  /** Called with the number of rows that came back from a run. */
  onRows?(rows: number): void;
}

/** A request in a queue. It is settled when its caller has the results or an error; an abort signal gives such an error. */
export interface QueuedRequest extends Omit<RowRequest, 'signal'> {
  readonly n: number;
  results: Numbers | undefined;
  /** Number of rows that were given to a run, and of rows whose results are there. */
  taken: number;
  done: number;
  settled: boolean;
  resolve(results: Numbers): void;
  reject(error: unknown): void;
}

export function queuedRequest(
  request: RowRequest,
  resolve: (results: Numbers) => void,
  reject: (error: unknown) => void,
): QueuedRequest {
  const { rows, parameters, into, signal, onRows } = request;
  const queued: QueuedRequest = {
    rows,
    parameters,
    into,
    onRows,
    n: rows.shape[0],
    results: undefined,
    taken: 0,
    done: 0,
    settled: false,
    resolve: (results) => settle(() => resolve(results)),
    reject: (error) => settle(() => reject(error)),
  };
  const settle = (answer: () => void) => {
    queued.settled = true;
    forget?.();
    answer();
  };
  const abort = () => rejectIfThrown(queued, () => throwIfAborted(signal));
  const forget = signal && onAbort(signal, abort);
  if (signal !== undefined) abort();
  return queued;
}

/** Calls the progress function of the caller. What the function throws becomes the error of the request. */
export function report(queued: QueuedRequest, rows: number): void {
  if (queued.onRows !== undefined) rejectIfThrown(queued, () => queued.onRows?.(rows));
}

function rejectIfThrown(queued: QueuedRequest, work: () => void): void {
  try {
    work();
  } catch (error) {
    queued.reject(error);
  }
}
