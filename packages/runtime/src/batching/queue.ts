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
  /**
   * One run over the rows of the segments, in order: their results, `width` numbers a row, and the native
   * seconds it took.
   */
  run(segments: readonly Segment[]): Promise<{ readonly data: Numbers; readonly seconds: number }>;
}

/**
 * Where requests of one kind meet. Requests made in the same turn of the event loop, or while a run is under
 * way, are joined into runs of up to the batch size, in order of arrival, and handed back one by one.
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

/** Runs until nobody waits. */
async function processQueue(state: State): Promise<void> {
  state.processing = true;
  // Let every caller of this turn submit first.
  await new Promise(setImmediate);
  for (let segments = next(state); segments.length > 0; segments = next(state)) {
    await runSegments(state, segments);
  }
  state.processing = false;
  state.options.onIdle?.();
}

/** What the next run is made of: nothing when nobody waits. */
function next(state: State): readonly QueuedSegment[] {
  state.queue = state.queue.filter((queued) => !queued.settled && queued.taken < queued.n);
  const pending = state.queue.reduce((sum, queued) => sum + queued.n - queued.taken, 0);
  return pending === 0 ? [] : takeRows(state.queue, state.options.batching.next(pending));
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
 * An error belongs to the request that caused it: smaller runs when memory was short, else every request by
 * itself.
 */
async function handleFailure(
  state: State,
  segments: readonly QueuedSegment[],
  error: unknown,
): Promise<void> {
  if (outOfMemory(error) && state.options.batching.shrink(countRows(segments))) {
    state.queue = [...new Set([...requeue(segments), ...state.queue])];
  } else if (segments.length > 1) {
    for (const segment of segments) await runSegments(state, [segment]);
  } else {
    for (const { queued } of segments) queued.reject(error);
  }
}

function outOfMemory(error: unknown): boolean {
  return error instanceof Error && /allocate|out of memory|OUT_OF_MEMORY|bad_alloc/i.test(error.message);
}
