import { type Numbers, type QueuedRequest, type RowRequest, report } from './request.js';

/** Consecutive rows of one request, part of one run. */
export interface Segment extends Pick<RowRequest, 'rows' | 'parameters'> {
  readonly from: number;
  readonly to: number;
}

/** A segment with the request that waits for its results. */
export interface QueuedSegment extends Segment {
  readonly queued: QueuedRequest;
}

export function countRows(segments: readonly Segment[]): number {
  return segments.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Takes the next rows that the requests wait for, in order of arrival and at most `room` of them, and counts them as taken. */
export function takeRows(requests: readonly QueuedRequest[], room: number): readonly QueuedSegment[] {
  const segments: QueuedSegment[] = [];
  let left = room;
  for (const queued of requests) {
    if (left === 0) break;
    const from = queued.taken;
    const to = from + Math.min(left, queued.n - from);
    segments.push({ queued, rows: queued.rows, parameters: queued.parameters, from, to });
    queued.taken = to;
    left -= to - from;
  }
  return segments;
}

/** Undoes {@link takeRows}: the rows of the segments wait for a run again. Returns their requests in order. */
export function requeue(segments: readonly QueuedSegment[]): readonly QueuedRequest[] {
  for (const { queued, from } of segments) queued.taken = Math.min(queued.taken, from);
  return segments.map(({ queued }) => queued);
}

export interface Delivery {
  /** Numbers per row. */
  readonly width: number;
  /** An array for the results of one request. */
  allocate(length: number): Numbers;
}

/**
 * Hands the results of a run to the requests of its segments. A request that is the only one of the run gets the array itself, the others
 * get copies of their part.
 */
export function deliver(segments: readonly QueuedSegment[], data: Numbers, delivery: Delivery): void {
  const { width } = delivery;
  let at = 0;
  for (const { queued, from, to } of segments) {
    const part = data.subarray(at, at + (to - from) * width);
    at += part.length;
    if (queued.settled) continue;
    const alone = part.length === data.length && to - from === queued.n;
    const results = alone ? data : (queued.results ?? delivery.allocate(queued.n * width));
    if (!alone) results.set(part, from * width);
    queued.results = results;
    queued.done += to - from;
    report(queued, to - from);
    if (queued.done === queued.n && !queued.settled) queued.resolve(results);
  }
}
