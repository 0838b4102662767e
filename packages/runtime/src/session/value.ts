import { dtypes, fail, fromFloat16, sizeOf, type Tensor, toFloat16 } from '@onnxplain/core';
import type { Constant, Value } from '@onnxplain/graph';

/**
 * A value for an input of a model: an ONNX array of the input's type, or a tensor, which is converted to the input's float type.
 */
export type Feed = Constant | Tensor;
export type Feeds = Readonly<Record<string, Feed>>;

/**
 * Arrays by name, as ONNX Runtime takes and returns them. float16 is kept as bits in a Uint16Array, bool as bytes 0 and 1.
 */
export type Arrays = Readonly<Record<string, Constant>>;

/** A graph input or output: name, element type, dims (numbers and symbols). */
export type Port = Value;

export type FloatType = 'float32' | 'float64' | 'float16';

export function isFloatType(dtype: string): dtype is FloatType {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}

/** A graph input or output of floating point numbers. */
export type FloatPort = Port & { readonly dtype: FloatType };

export function isFloatPort(port: Port): port is FloatPort {
  return isFloatType(port.dtype);
}

export type FloatData = Float32Array | Float64Array | Uint16Array;

/** Allocates an array for `length` elements of a float type. */
export const allocate = (dtype: FloatType, length: number): FloatData => new dtypes[dtype].array(length);

/** Writes numbers into an array of a float type, converting; a Uint16Array receives float16 bits. */
export function writeNumbers(numbers: Float32Array | Float64Array, into: FloatData, at: number): void {
  if (into instanceof Uint16Array) {
    for (let i = 0; i < numbers.length; i++) into[at + i] = toFloat16(numbers[i]);
  } else into.set(numbers, at);
}

/** Whether an array stores the elements of a float type as ONNX Runtime takes them, so that no conversion is needed. */
export function isStoredAs(dtype: FloatType, data: Float32Array | Float64Array): boolean {
  return dtype === 'float32'
    ? data instanceof Float32Array
    : dtype === 'float64' && data instanceof Float64Array;
}

/** Returns the numbers of a float array; float16 is widened. Throws `type-mismatch` for other types. */
export function floatsOf(array: Constant, where: string): Float32Array | Float64Array {
  const { data, dtype } = array;
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (dtype === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, fromFloat16);
  return fail({ code: 'type-mismatch', where, expected: 'floating point numbers', got: dtype });
}

/** Returns a float array as a tensor; float16 is widened to float32. Throws `type-mismatch` for other types. */
export function toTensor(array: Constant, where: string): Tensor {
  return { shape: array.dims, data: floatsOf(array, where) };
}

/** Returns a tensor as an ONNX array of a float type, without a copy where it already has that type. */
export function fromTensor(tensor: Tensor, dtype: FloatType): Constant {
  const { shape, data } = tensor;
  if (isStoredAs(dtype, data)) return { dtype, dims: shape, data };
  const converted = allocate(dtype, sizeOf(shape));
  writeNumbers(data, converted, 0);
  return { dtype, dims: shape, data: converted };
}

/** Returns the rows from `from` up to `to` of an array, over the same data. */
export function takeRows({ dtype, dims, data }: Constant, from: number, to: number): Constant {
  const [, ...rest] = dims;
  const size = sizeOf(rest);
  const [first, end] = [from * size, to * size];
  const part = ArrayBuffer.isView(data) ? data.subarray(first, end) : data.slice(first, end);
  return { dtype, dims: [to - from, ...rest], data: part };
}

/** Joins arrays of one type and equal rows along the first axis. Takes at least one. */
export function joinRows(parts: readonly Constant[]): Constant {
  const [{ dtype, dims, data }] = parts;
  const joined = [parts.reduce((rows, part) => rows + part.dims[0], 0), ...dims.slice(1)];
  if (!ArrayBuffer.isView(data)) return { dtype, dims: joined, data: parts.flatMap(stringsOf) };
  const pieces = parts.map(bytesIn);
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  const typed = data.constructor as new (buffer: ArrayBuffer) => typeof data;
  return { dtype, dims: joined, data: new typed(bytes.buffer) };
}

const stringsOf = ({ data }: Constant): readonly string[] => (ArrayBuffer.isView(data) ? [] : data);

const bytesIn = ({ data }: Constant): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array();

/** Shows type and dims: "float32 [N, 3, 224, 224]". */
export function describe(type: { dtype: string; dims: readonly (number | string)[] | undefined }): string {
  return `${type.dtype} ${type.dims === undefined ? '[...]' : showDims(type.dims)}`;
}

export function showDims(dims: readonly (number | string)[]): string {
  return `[${dims.join(', ')}]`;
}
