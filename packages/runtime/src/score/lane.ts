import type { Batching } from './batching.js';
import { type Job, makeJob, type Numbers, type Request, report } from './job.js';

/** Consecutive rows of one request, part of one run. */
export interface Segment extends Pick<Request, 'rows' | 'targets'> {
  readonly from: number;
  readonly to: number;
}

export interface LaneOptions {
  /** Numbers that come back per row. */
  readonly width: number;
  readonly batching: Batching;
  /** An array for the results of one request. */
  allocate(length: number): Numbers;
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

type JobSegment = Segment & { readonly job: Job };

export function lane(options: LaneOptions): Lane {
  const { width, batching } = options;
  let queue: Job[] = [];
  let draining = false;

  async function drain(): Promise<void> {
    // Let every caller of this turn submit first.
    await new Promise(setImmediate);
    for (let segments = take(); segments.length > 0; segments = take()) await runSegments(segments);
    draining = false;
  }

  function take(): JobSegment[] {
    queue = queue.filter((job) => !job.settled && job.taken < job.n);
    const pending = queue.reduce((sum, job) => sum + job.n - job.taken, 0);
    let room = pending === 0 ? 0 : batching.next(pending);
    const segments: JobSegment[] = [];
    for (const job of queue) {
      if (room === 0) break;
      const rows = Math.min(room, job.n - job.taken);
      segments.push({ job, rows: job.rows, targets: job.targets, from: job.taken, to: job.taken + rows });
      job.taken += rows;
      room -= rows;
    }
    return segments;
  }

  async function runSegments(segments: readonly JobSegment[]): Promise<void> {
    try {
      const { data, seconds } = await options.run(segments);
      batching.observe(countRows(segments), seconds);
      deliver(segments, data);
    } catch (error) {
      await isolate(segments, error);
    }
  }

  /**
   * An error belongs to the request that caused it: smaller runs when memory was short, else every request by
   * itself.
   */
  async function isolate(segments: readonly JobSegment[], error: unknown): Promise<void> {
    const rows = countRows(segments);
    if (outOfMemory(error) && batching.shrink(rows)) {
      for (const { job, from } of segments) job.taken = Math.min(job.taken, from);
      queue = [...new Set([...segments.map(({ job }) => job), ...queue])];
    } else if (segments.length > 1) {
      for (const segment of segments) await runSegments([segment]);
    } else {
      for (const { job } of segments) job.reject(error);
    }
  }

  function deliver(segments: readonly JobSegment[], data: Numbers): void {
    let at = 0;
    for (const { job, from, to } of segments) {
      const part = data.subarray(at, at + (to - from) * width);
      at += part.length;
      if (job.settled) continue;
      if (part.length === data.length && to - from === job.n) job.results = data;
      else {
        job.results ??= options.allocate(job.n * width);
        job.results.set(part, from * width);
      }
      job.done += to - from;
      report(job, to - from);
      if (job.done === job.n && !job.settled) job.resolve(job.results);
    }
  }

  return {
    submit(request) {
      return new Promise((resolve, reject) => {
        const job = makeJob(request, resolve, reject);
        if (job.n === 0) return job.resolve(options.allocate(0));
        if (job.settled) return;
        queue.push(job);
        if (draining) return;
        draining = true;
        void drain();
      });
    },
  };
}

function countRows(segments: readonly Segment[]): number {
  return segments.reduce((sum, { from, to }) => sum + to - from, 0);
}

function outOfMemory(error: unknown): boolean {
  return error instanceof Error && /allocate|out of memory|OUT_OF_MEMORY|bad_alloc/i.test(error.message);
}
