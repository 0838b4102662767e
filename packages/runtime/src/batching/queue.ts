import type { Batching } from './batching.js';
import { type Numbers, type QueuedRequest, queuedRequest, type RowRequest } from './request.js';
import {
  countRows,
  type Delivery,
  deliver,
  type QueuedSegment,
  requeue,
  type Segment,
  takeRows,
} from './segment.js';

export interface QueueOptions extends Delivery {
  readonly batching: Batching;
  /** Called when no request waits any more. */
  onIdle?(): void;
  /** Runs the rows of the segments in order. Returns `width` numbers for each row, and the native seconds that the run took. */
  run(segments: readonly Segment[]): Promise<{ readonly data: Numbers; readonly seconds: number }>;
}

/**
 * Joins requests for one graph into runs. Requests of the same turn of the event loop, or that arrive during a run, share runs of up to the
 * batch size, in order of arrival. Each request gets its own results.
 */
export interface RequestQueue {
  submit(request: RowRequest): Promise<Numbers>;
}

interface State {
  readonly options: QueueOptions;
  /** Requests in order of arrival; those without rows to take are dropped before each run. */
  queue: QueuedRequest[];
  processing: boolean;
}

export function requestQueue(options: QueueOptions): RequestQueue {
  const state: State = { options, queue: [], processing: false };
  return {
    submit: (request) =>
      new Promise((resolve, reject) => enqueue(state, queuedRequest(request, resolve, reject))),
  };
}

function enqueue(state: State, queued: QueuedRequest): void {
  if (queued.n === 0) queued.resolve(state.options.allocate(0));
  if (queued.settled) return;
  state.queue.push(queued);
  if (!state.processing) void processQueue(state);
}

/** Runs the requests of the queue until it is empty. */
async function processQueue(state: State): Promise<void> {
  state.processing = true;
  // All callers of this turn of the event loop submit before the first run.
  await new Promise(setImmediate);
  for (let segments = nextSegments(state); segments.length > 0; segments = nextSegments(state)) {
    await runSegments(state, segments);
  }
  state.processing = false;
  state.options.onIdle?.();
}

/** Takes the segments of the next run from the queue; none when no request waits. */
function nextSegments(state: State): readonly QueuedSegment[] {
  state.queue = state.queue.filter((queued) => !queued.settled && queued.taken < queued.n);
  const pending = state.queue.reduce((sum, queued) => sum + queued.n - queued.taken, 0);
  if (pending === 0) return [];
  const [{ taken }] = state.queue;
  return takeRows(state.queue, state.options.batching.next(pending, taken > 0));
}

async function runSegments(state: State, segments: readonly QueuedSegment[]): Promise<void> {
  const { options } = state;
  try {
    const { data, seconds } = await options.run(segments);
    options.batching.observe(countRows(segments), seconds);
    deliver(segments, data, options);
  } catch (error) {
    await handleFailure(state, segments, error);
  }
}

/**
 * Gives an error to the request that caused it, and results to the others. After a lack of memory, the rows are run again in smaller runs;
 * after another error, each request is run by itself.
 */
async function handleFailure(
  state: State,
  segments: readonly QueuedSegment[],
  error: unknown,
): Promise<void> {
  if (isOutOfMemory(error) && state.options.batching.shrink(countRows(segments))) {
    state.queue = [...new Set([...requeue(segments), ...state.queue])];
  } else if (segments.length > 1) {
    for (const segment of segments) await runSegments(state, [segment]);
  } else {
    for (const { queued } of segments) queued.reject(error);
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && /allocate|out of memory|OUT_OF_MEMORY|bad_alloc/i.test(error.message);
}
