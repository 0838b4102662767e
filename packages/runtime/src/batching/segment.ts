import { freeArray } from '../session/free-array.js';
import { type ColumnArray, type Numbers, type QueuedRequest, type RowRequest, report } from './request.js';

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
 * Hands the results of a run to the requests of its segments, and frees the array of the run. A request that has all of its rows in this
 * run, alone, gets the array itself; the others get copies of their part. Where a request brings arrays, its numbers are written there.
 */
export function deliver(segments: readonly QueuedSegment[], data: Numbers, delivery: Delivery): void {
  const { width } = delivery;
  let at = 0;
  let kept = false;
  for (const { queued, from, to } of segments) {
    const length = (to - from) * width;
    const part = length === data.length ? data : data.subarray(at, at + length);
    at += length;
    if (queued.settled) continue;
    queued.results = resultsOf(queued, { part, from, isWhole: part === data }, delivery);
    kept ||= queued.results === data;
    queued.done += to - from;
    report(queued, to - from);
    if (queued.done === queued.n && !queued.settled) queued.resolve(queued.results);
  }
  if (!kept) freeArray(data);
}

interface Part {
  /** Numbers of the rows of a segment. */
  readonly part: Numbers;
  /** The first of these rows, in its request. */
  readonly from: number;
  /** Whether they are all numbers of the run. */
  readonly isWhole: boolean;
}

/** The results of a request with the numbers of a segment; none where the request brings arrays for them. */
function resultsOf(
  queued: QueuedRequest,
  { part, from, isWhole }: Part,
  { width, allocate }: Delivery,
): Numbers {
  const { into, n, results } = queued;
  if (into !== undefined) {
    writeColumns(part, from, into);
    return allocate(0);
  }
  if (isWhole && part.length === n * width) return part;
  const all = results ?? allocate(n * width);
  all.set(part, from * width);
  return all;
}

function writeColumns(part: Numbers, first: number, columns: readonly ColumnArray[]): void {
  if (columns.length === 1) {
    const [{ data, width }] = columns;
    data.set(part, first * width);
    return;
  }
  let row = first;
  for (let at = 0; at < part.length; row++) {
    for (const { data, width } of columns) {
      data.set(part.subarray(at, at + width), row * width);
      at += width;
    }
  }
}
