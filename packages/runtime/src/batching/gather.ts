import {
  arrayPool,
  dtypes,
  fail,
  firstNonFinite,
  isLazyRows,
  type LazyRows,
  type Shape,
  sizeOf,
  type Tensor,
} from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import { positionOf } from '../model/feeds.js';
import { type FloatData, type FloatType, isStoredAs, writeNumbers } from '../session/value.js';
import type { Segment } from './segment.js';

/** The arrays of runs of all models. */
const runArrays = arrayPool(2 ** 25);

export interface GatherOptions {
  readonly dtype: FloatType;
  /** Shape of one row. */
  readonly shape: Shape;
  /** Whether the model takes NaN for a missing value. */
  takesMissing(): boolean;
}

/** The rows of a run in the type of the model. `free` ends their use. */
export interface GatheredRows {
  readonly data: Constant['data'];
  free(): void;
}

/**
 * Joins the rows of segments, and fills up to the padded size with copies of the last row. A single segment that has the model's type and
 * the size of the run is not copied. Lazy rows are computed here; throws `feed-value` where a number of them is not finite.
 */
export function gather(
  segments: readonly Segment[],
  paddedSize: number,
  options: GatherOptions,
): GatheredRows {
  const { dtype, shape } = options;
  const size = sizeOf(shape);
  const [{ rows, from, to }] = segments;
  const whole = segments.length === 1 && to - from === paddedSize;
  if (whole && !isLazyRows(rows) && isStoredAs(dtype, rows.data))
    return { data: rows.data.subarray(from * size, to * size), free: () => undefined };
  const array = runArrays.take<FloatData>(dtypes[dtype].array, paddedSize * size);
  const free = () => runArrays.giveBack(array);
  try {
    let at = 0;
    for (const segment of segments) {
      if (isLazyRows(segment.rows)) writeLazy(segment.rows, segment, { array, at, options });
      else writeNumbers(segment.rows.data.subarray(segment.from * size, segment.to * size), array, at);
      at += (segment.to - segment.from) * size;
    }
    for (; at < paddedSize * size; at += size) array.copyWithin(at, at - size, at);
    return { data: array.subarray(0, at), free };
  } catch (error) {
    free();
    throw error;
  }
}

/** Elements of lazy rows that are computed at once where they must be converted: they stay in the fastest cache. */
const CONVERTED = 2 ** 12;

interface Place {
  readonly array: FloatData;
  readonly at: number;
  readonly options: GatherOptions;
}

function writeLazy(rows: LazyRows, { from, to }: Segment, { array, at, options }: Place): void {
  const size = sizeOf(options.shape);
  const check = rows.finite || options.takesMissing() ? () => undefined : expectFinite;
  if (!(array instanceof Uint16Array) && (rows.type === 'either' || rows.type === options.dtype)) {
    const part = array.subarray(at, at + (to - from) * size);
    rows.writeRows(part, from, to);
    check(part, from, rows.shape);
    return;
  }
  const step = Math.max(1, Math.floor(CONVERTED / Math.max(1, size)));
  const length = Math.min(step, to - from) * size;
  const few = rows.type === 'float32' ? new Float32Array(length) : new Float64Array(length);
  for (let first = from; first < to; first += step) {
    const end = Math.min(to, first + step);
    const part = few.subarray(0, (end - first) * size);
    rows.writeRows(part, first, end);
    check(part, first, rows.shape);
    writeNumbers(part, array, at + (first - from) * size);
  }
}

/** Throws for numbers of rows, the first with this number in its batch, that are not all finite. */
function expectFinite(data: Tensor['data'], first: number, shape: Shape): void {
  const bad = firstNonFinite({ shape: [data.length], data });
  if (bad < 0) return;
  const position = positionOf(first * sizeOf(shape.slice(1)) + bad, shape);
  fail({
    code: 'feed-value',
    where: 'score',
    expected: 'finite numbers',
    got: `${data[bad]} at ${position}`,
  });
}
