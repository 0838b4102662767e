import {
  counted,
  type DataType,
  dtypeInfo,
  fail,
  firstInfinite,
  firstNonFinite,
  ownOf,
  sizeOf,
} from '@onnxplain/core';
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
 * Checks feeds and converts them for ONNX Runtime, which itself ignores unknown names and accepts NaN. Throws `feed-name` for missing and
 * unknown names, `feed-type` for other element types and array types, `feed-shape` for other ranks and sizes (equal symbols must have equal
 * sizes), and `feed-value` with the position for numbers that are not finite and booleans other than 0 and 1. Inputs for which
 * `takesMissing` returns true accept NaN; by default none does.
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
    const array = toArray(port, ownOf(feeds, port.name));
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

/** Returns the name of the array type that stores elements of a type, and a description of its elements where they are encoded. */
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
  const expected = `${counted(sizeOf(array.dims), 'element')} for dims ${showDims(array.dims)}`;
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

/** Returns the size that a dim requires. A symbol requires the first size that was fed for it. An empty name accepts any size. */
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

/** Returns the index of the first invalid element; -1 where all are valid. */
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

/** Shows the coordinates of a flat index: "[2, 0, 5]". */
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
