import { type Job, type Numbers, type Request, report } from './job.js';

/** Consecutive rows of one request, part of one run. */
export interface Segment extends Pick<Request, 'rows' | 'targets'> {
  readonly from: number;
  readonly to: number;
}

/** With the job that waits for them. */
export interface JobSegment extends Segment {
  readonly job: Job;
}

export function countRows(segments: readonly Segment[]): number {
  return segments.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The next `room` rows that the jobs wait for, in their order, which count as taken. */
export function takeRows(jobs: readonly Job[], room: number): readonly JobSegment[] {
  const segments: JobSegment[] = [];
  let left = room;
  for (const job of jobs) {
    if (left === 0) break;
    const from = job.taken;
    const to = from + Math.min(left, job.n - from);
    segments.push({ job, rows: job.rows, targets: job.targets, from, to });
    job.taken = to;
    left -= to - from;
  }
  return segments;
}

/** Undoes `takeRows`: the jobs, in order, wait for these rows again. */
export function giveBack(segments: readonly JobSegment[]): readonly Job[] {
  for (const { job, from } of segments) job.taken = Math.min(job.taken, from);
  return segments.map(({ job }) => job);
}

export interface Delivery {
  /** Numbers per row. */
  readonly width: number;
  /** An array for the results of one request. */
  allocate(length: number): Numbers;
}

/** Hands the results of a run over the segments to their jobs; a job that is alone in the run gets its very array. */
export function deliver(segments: readonly JobSegment[], data: Numbers, delivery: Delivery): void {
  const { width } = delivery;
  let at = 0;
  for (const { job, from, to } of segments) {
    const part = data.subarray(at, at + (to - from) * width);
    at += part.length;
    if (job.settled) continue;
    const alone = part.length === data.length && to - from === job.n;
    const results = alone ? data : (job.results ?? delivery.allocate(job.n * width));
    if (!alone) results.set(part, from * width);
    job.results = results;
    job.done += to - from;
    report(job, to - from);
    if (job.done === job.n && !job.settled) job.resolve(results);
  }
}
