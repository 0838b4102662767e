import type { Batching } from './batching.js';
import { type Job, makeJob, type Numbers, type Request } from './job.js';
import {
  countRows,
  type Delivery,
  deliver,
  giveBack,
  type JobSegment,
  type Segment,
  takeRows,
} from './segment.js';

export interface LaneOptions extends Delivery {
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
export interface Lane {
  submit(request: Request): Promise<Numbers>;
}

interface State {
  readonly options: LaneOptions;
  /** Jobs in order of arrival; those without rows to take are dropped before each run. */
  queue: Job[];
  draining: boolean;
}

export function lane(options: LaneOptions): Lane {
  const state: State = { options, queue: [], draining: false };
  return {
    submit: (request) => new Promise((resolve, reject) => enqueue(state, makeJob(request, resolve, reject))),
  };
}

function enqueue(state: State, job: Job): void {
  if (job.n === 0) job.resolve(state.options.allocate(0));
  if (job.settled) return;
  state.queue.push(job);
  if (!state.draining) void drain(state);
}

/** Runs until nobody waits. */
async function drain(state: State): Promise<void> {
  state.draining = true;
  // Let every caller of this turn submit first.
  await new Promise(setImmediate);
  for (let segments = next(state); segments.length > 0; segments = next(state)) {
    await runSegments(state, segments);
  }
  state.draining = false;
  state.options.onIdle?.();
}

/** What the next run is made of: nothing when nobody waits. */
function next(state: State): readonly JobSegment[] {
  state.queue = state.queue.filter((job) => !job.settled && job.taken < job.n);
  const pending = state.queue.reduce((sum, job) => sum + job.n - job.taken, 0);
  return pending === 0 ? [] : takeRows(state.queue, state.options.batching.next(pending));
}

async function runSegments(state: State, segments: readonly JobSegment[]): Promise<void> {
  const { options } = state;
  try {
    const { data, seconds } = await options.run(segments);
    options.batching.observe(countRows(segments), seconds);
    deliver(segments, data, options);
  } catch (error) {
    await isolate(state, segments, error);
  }
}

/**
 * An error belongs to the request that caused it: smaller runs when memory was short, else every request by
 * itself.
 */
async function isolate(state: State, segments: readonly JobSegment[], error: unknown): Promise<void> {
  if (outOfMemory(error) && state.options.batching.shrink(countRows(segments))) {
    state.queue = [...new Set([...giveBack(segments), ...state.queue])];
  } else if (segments.length > 1) {
    for (const segment of segments) await runSegments(state, [segment]);
  } else {
    for (const { job } of segments) job.reject(error);
  }
}

function outOfMemory(error: unknown): boolean {
  return error instanceof Error && /allocate|out of memory|OUT_OF_MEMORY|bad_alloc/i.test(error.message);
}
