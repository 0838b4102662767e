import { fail, sizeOf } from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import { checkFeeds } from '../model/feeds.js';
import {
  type Arrays,
  type Feed,
  type Feeds,
  fromTensor,
  isFloatType,
  joinRows,
  type Port,
} from '../session/value.js';

/** Values of the inputs that are not explained, the same for every row. */
export interface ConstantFeeds {
  /** Equal for equal feeds objects. */
  readonly id: string;
  /** Bytes of the values of one row. */
  readonly bytes: number;
  /** Returns the arrays for a run of n rows. */
  rows(n: number): Arrays;
}

const ids = new WeakMap<Feeds, string>();
let count = 0;

function idOf(feeds: Feeds): string {
  if (Object.keys(feeds).length === 0) return '';
  const id = ids.get(feeds) ?? `feeds ${++count}`;
  ids.set(feeds, id);
  return id;
}

export interface ConstantFeedsOptions {
  /** All inputs but the explained one. */
  readonly ports: readonly Port[];
  readonly feeds: Feeds;
  /** The batch axis of the explained input: inputs that have it get their one row repeated along it. */
  readonly batchDim: number | string | undefined;
  /** Whether an input takes NaN for a missing value. */
  readonly takesMissing: (input: string) => boolean;
}

/**
 * Checks the values of the inputs that are not explained and repeats them for the rows of a run. A value is one row, with or without its
 * batch axis; the value of an input without a batch axis is used as it is. Throws what {@link checkFeeds} throws.
 */
export function constantFeeds({ ports, feeds, batchDim, takesMissing }: ConstantFeedsOptions): ConstantFeeds {
  const axes = new Map(ports.map((port) => [port.name, batchAxis(port, batchDim)] as const));
  const single = ports.map((port) => {
    const axis = axes.get(port.name);
    return { ...port, dims: port.dims?.map((dim, i) => (i === axis ? 1 : dim)) };
  });
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => {
      const port = single.find((each) => each.name === name);
      const axis = axes.get(name) ?? -1;
      return [name, port === undefined ? feed : withBatchAxis(port, feed, Math.max(axis, 0))];
    }),
  );
  for (const { name } of ports) {
    if (Object.hasOwn(given, name)) continue;
    const remedy = `Give it in the option feeds: { "${name}": ... }.`;
    fail({ code: 'feed-name', where: 'feeds', expected: `a value for input "${name}"`, got: 'none', remedy });
  }
  const arrays = checkFeeds(single, given, takesMissing);
  return {
    id: idOf(feeds),
    bytes: Object.values(arrays).reduce((sum, { data }) => sum + bytesIn(data), 0),
    rows: (n) => (n === 1 ? arrays : repeatEach(arrays, axes, n)),
  };
}

/** Combines two sets of constant feeds, which have different inputs. */
export function mergeFeeds(one: ConstantFeeds, other: ConstantFeeds): ConstantFeeds {
  return {
    id: `${one.id} ${other.id}`,
    bytes: one.bytes + other.bytes,
    rows: (n) => ({ ...one.rows(n), ...other.rows(n) }),
  };
}

const bytesIn = (data: Constant['data']): number =>
  ArrayBuffer.isView(data) ? data.byteLength : 8 * data.length;

/** Adds a batch axis of size 1 to a row that was given without one. */
function withBatchAxis(port: Port, feed: Feed, axis: number): Feed {
  const array = 'shape' in feed && isFloatType(port.dtype) ? fromTensor(feed, port.dtype) : feed;
  if ('shape' in array || port.dims?.[axis] !== 1 || array.dims.length + 1 !== port.dims.length) return array;
  return { ...array, dims: array.dims.toSpliced(axis, 0, 1) };
}

/**
 * Returns the batch axis of an input: the first axis of the batch symbol, since initial states are [layers, N, width], or the first axis of
 * the batch size; -1 where there is none.
 */
function batchAxis({ dims }: Port, batchDim: ConstantFeedsOptions['batchDim']): number {
  if (batchDim === undefined || dims === undefined) return -1;
  return typeof batchDim === 'string' ? dims.indexOf(batchDim) : dims[0] === batchDim ? 0 : -1;
}

function repeatEach(arrays: Arrays, axes: ReadonlyMap<string, number>, rows: number): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const axis = axes.get(name) ?? -1;
      return [name, axis < 0 ? array : repeat(array, axis, rows)];
    }),
  );
}

/** Repeats an array of size 1 along the axis. */
function repeat({ dtype, dims, data }: Constant, axis: number, rows: number): Constant {
  const size = sizeOf(dims.slice(axis));
  const parts = Array.from({ length: sizeOf(dims.slice(0, axis)) * rows }, (_, i): Constant => {
    const from = Math.floor(i / rows) * size;
    return { dtype, dims: [1], data: data.slice(from, from + size) };
  });
  return { ...joinRows(parts), dims: dims.map((dim, i) => (i === axis ? rows : dim)) };
}
