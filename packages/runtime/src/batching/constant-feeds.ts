import { fail, sizeOf } from '@onnxplain/core';
import type { Constant } from '@onnxplain/graph';
import { checkFeeds } from '../model/feeds.js';
import {
  type Arrays,
  type Feed,
  type Feeds,
  fromTensor,
  isFloat,
  joinRows,
  type Port,
} from '../session/value.js';

/** The model's other inputs. */
export interface ConstantFeeds {
  /** Equal for equal feeds objects. */
  readonly id: string;
  /** Their arrays for a run of n rows. */
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
 * Values of the inputs that are not explained: one row each, with or without its batch axis, used for every
 * explained row; inputs without a batch axis as they are. Checked like any feed.
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
  let last: { rows: number; arrays: Arrays } = { rows: 1, arrays };
  return {
    id: idOf(feeds),
    rows(n) {
      if (n !== last.rows) last = { rows: n, arrays: repeatEach(arrays, axes, n) };
      return last.arrays;
    },
  };
}

/** The inputs of both. */
export function mergeFeeds(one: ConstantFeeds, other: ConstantFeeds): ConstantFeeds {
  return { id: `${one.id} ${other.id}`, rows: (n) => ({ ...one.rows(n), ...other.rows(n) }) };
}

/** A row that was given without its batch axis gets one of size 1 at its place. */
function withBatchAxis(port: Port, feed: Feed, axis: number): Feed {
  const array = 'shape' in feed && isFloat(port.dtype) ? fromTensor(feed, port.dtype) : feed;
  if ('shape' in array || port.dims?.[axis] !== 1 || array.dims.length + 1 !== port.dims.length) return array;
  return { ...array, dims: array.dims.toSpliced(axis, 0, 1) };
}

/** The first axis, or where a symbol names the batch the first of that name: initial states are [layers, N, width]. */
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

/** An array of size 1 along the axis, for as many rows. */
function repeat({ dtype, dims, data }: Constant, axis: number, rows: number): Constant {
  const size = sizeOf(dims.slice(axis));
  const parts = Array.from({ length: sizeOf(dims.slice(0, axis)) * rows }, (_, i): Constant => {
    const from = Math.floor(i / rows) * size;
    return { dtype, dims: [1], data: data.slice(from, from + size) };
  });
  return { ...joinRows(parts), dims: dims.map((dim, i) => (i === axis ? rows : dim)) };
}
