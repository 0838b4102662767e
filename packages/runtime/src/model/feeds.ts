import { type DataType, dtypeInfo, fail, firstInfinite, firstNonFinite, sizeOf } from '@onnxplain/core';
import type { Constant, Dim } from '@onnxplain/graph';
import {
  type Arrays,
  describe,
  type Feed,
  type Feeds,
  fromTensor,
  isFloatType,
  type Port,
  showDims,
} from '../session/value.js';

/**
 * Feeds made ready for the runtime, which itself ignores unknown names and lets NaN through. Checks that every
 * input is there and nothing else (`feed-name`), element types and storage (`feed-type`), rank, dims and that
 * equal symbols get equal sizes (`feed-shape`), and that numbers are finite and booleans 0 or 1 (`feed-value`,
 * with the position). NaN is let through in inputs that take it for a missing value; default: none.
 */
export function checkFeeds(
  ports: readonly Port[],
  feeds: Feeds,
  takesMissing: (input: string) => boolean = () => false,
): Arrays {
  const names = ports.map((port) => port.name);
  for (const name of Object.keys(feeds)) {
    if (names.includes(name)) continue;
    fail({
      code: 'feed-name',
      where: 'feeds',
      expected: listed(names),
      got: `"${name}"`,
      remedy: 'Leave it out.',
    });
  }
  const symbols = new Map<string, number>();
  const checked = ports.map((port) => {
    if (!Object.hasOwn(feeds, port.name)) {
      const got = listed(Object.keys(feeds));
      fail({ code: 'feed-name', where: 'feeds', expected: `an array for input "${port.name}"`, got });
    }
    const array = toArray(port, feeds[port.name]);
    checkDims(port, array.dims, symbols);
    checkValues(port, array, takesMissing);
    return [port.name, array] as const;
  });
  return Object.fromEntries(checked);
}

function toArray(port: Port, feed: Feed): Constant {
  const where = `input "${port.name}"`;
  if (typeof feed !== 'object' || feed === null || !('data' in feed)) {
    return fail({
      code: 'feed-type',
      where,
      expected: '{ dtype, dims, data } or a tensor',
      got: typeof feed,
    });
  }
  if ('shape' in feed) {
    const { dtype } = port;
    if (isFloatType(dtype)) return checkStorage(port, fromTensor(feed, dtype));
    const remedy = `Give { dtype: '${dtype}', dims, data } instead.`;
    return fail({ code: 'feed-type', where, expected: `${dtype} data`, got: 'a float tensor', remedy });
  }
  if (feed.dtype !== port.dtype)
    fail({ code: 'feed-type', where, expected: port.dtype, got: `${feed.dtype}` });
  return checkStorage(port, feed);
}

/** Name of the array that holds elements of a type, and what it holds where that is not the numbers themselves. */
function storageOf(dtype: DataType): { readonly name: string; readonly of: string } {
  const row = dtypeInfo(dtype);
  if (row === undefined) return { name: 'Array', of: ' of strings' };
  const { array, decode, kind } = row;
  return { name: array.name, of: decode ? ` of ${dtype} bits` : kind === 'bool' ? ' of 0 and 1' : '' };
}

function checkStorage(port: Port, array: Constant): Constant {
  const where = `input "${port.name}"`;
  const { name, of } = storageOf(array.dtype);
  const got = Object.prototype.toString.call(array.data).slice(8, -1);
  if (got !== name) fail({ code: 'feed-type', where, expected: `a ${name}${of} for ${array.dtype}`, got });
  if (ArrayBuffer.isView(array.data) && array.data.buffer instanceof SharedArrayBuffer) {
    const remedy = 'Copy it: data.slice().';
    fail({ code: 'feed-type', where, expected: 'memory of its own', got: 'a SharedArrayBuffer', remedy });
  }
  if (sizeOf(array.dims) === array.data.length) return array;
  const expected = `${sizeOf(array.dims)} elements for dims ${showDims(array.dims)}`;
  return fail({ code: 'feed-shape', where, expected, got: `${array.data.length}` });
}

function checkDims(port: Port, dims: readonly number[], symbols: Map<string, number>): void {
  if (port.dims === undefined) return;
  const mismatch =
    port.dims.length !== dims.length ||
    dims.some((size, axis) => size !== expectedSize(port.dims?.[axis] ?? size, size, symbols));
  if (!mismatch) return;
  const bound = [...symbols].filter(([symbol]) => port.dims?.includes(symbol));
  const sizes =
    bound.length === 0 ? '' : ` with ${bound.map(([symbol, size]) => `${symbol} = ${size}`).join(', ')}`;
  fail({
    code: 'feed-shape',
    where: `input "${port.name}"`,
    expected: `${describe(port)}${sizes}`,
    got: showDims(dims),
    remedy: dims.length + 1 === port.dims.length ? 'Add the batch axis in front.' : undefined,
  });
}

/** What a dim asks for; a symbol takes the first size it meets. Names that ONNX left empty bind nothing. */
function expectedSize(dim: Dim, size: number, symbols: Map<string, number>): number {
  if (typeof dim === 'number') return dim;
  if (dim === '' || !/^[A-Za-z_][\w.:/-]*$/.test(dim)) return size;
  const bound = symbols.get(dim) ?? size;
  symbols.set(dim, bound);
  return bound;
}

function checkValues(port: Port, array: Constant, takesMissing: (input: string) => boolean): void {
  const { dtype, dims, data } = array;
  const at = firstInvalid(array);
  if (at < 0 || (nonFiniteAreNaN(array) && takesMissing(port.name))) return;
  const expected = dtype === 'bool' ? '0 or 1' : dtype === 'string' ? 'strings' : 'finite numbers';
  const position = positionOf(at, dims);
  const got = dtype === 'float16' ? 'NaN or infinity' : `${String(data[at])}`;
  fail({ code: 'feed-value', where: `input "${port.name}"`, expected, got: `${got} at ${position}` });
}

/** Index of the first element that may not be fed; -1 when all may. */
function firstInvalid({ dtype, dims, data }: Constant): number {
  if (data instanceof Float32Array || data instanceof Float64Array)
    return firstNonFinite({ shape: dims, data });
  if (dtype === 'float16' && data instanceof Uint16Array)
    return data.findIndex((half) => (half & 0x7c00) === 0x7c00);
  if (dtype === 'bool' && data instanceof Uint8Array) return data.findIndex((flag) => flag > 1);
  return ArrayBuffer.isView(data) ? -1 : data.findIndex((text) => typeof text !== 'string');
}

/** Whether all numbers that are not finite are NaN. */
function nonFiniteAreNaN({ dims, data }: Constant): boolean {
  const isDouble = data instanceof Float32Array || data instanceof Float64Array;
  return isDouble && firstInfinite({ shape: dims, data }) < 0;
}

/** "[2, 0, 5]": the coordinates of a flat index. */
export function positionOf(index: number, dims: readonly number[]): string {
  const coordinates: number[] = [];
  let rest = index;
  for (const size of dims.toReversed()) {
    coordinates.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return showDims(coordinates);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
}
