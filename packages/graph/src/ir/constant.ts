import { fail, sizeOf } from '@onnxplain/core';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half.js';
import { integerRange } from './integers.js';
import type { Constant, ConstantData, DataType } from './types.js';

/** `x` as the float type can hold it, rounded to nearest even; x itself for float64 and for integers. */
export function rounded(dtype: DataType, x: number): number {
  if (dtype === 'float32') return Math.fround(x);
  if (dtype === 'float16') return fromFloat16(toFloat16(x));
  return dtype === 'bfloat16' ? fromBfloat16(toBfloat16(x)) : x;
}

/**
 * The elements of a constant as float64. 64-bit integers beyond 2^53 become the nearest double.
 * Throws `type-mismatch` for strings.
 */
export function numbersOf(constant: Constant): Float64Array {
  const { dtype, data } = constant;
  if (!ArrayBuffer.isView(data)) {
    fail({ code: 'type-mismatch', where: 'constant', expected: 'a tensor of numbers', got: 'strings' });
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  if (dtype === 'float16') return Float64Array.from(data, fromFloat16);
  if (dtype === 'bfloat16') return Float64Array.from(data, fromBfloat16);
  return Float64Array.from(data);
}

/** What stores each numeric type. */
const stores: Readonly<Record<Exclude<DataType, 'string'>, (numbers: Float64Array) => ConstantData>> = {
  float32: (x) => Float32Array.from(x),
  float64: (x) => Float64Array.from(x),
  float16: (x) => Uint16Array.from(x, toFloat16),
  bfloat16: (x) => Uint16Array.from(x, toBfloat16),
  int8: (x) => Int8Array.from(x),
  int16: (x) => Int16Array.from(x),
  int32: (x) => Int32Array.from(x),
  int64: (x) => BigInt64Array.from(x, (v) => (v >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(v))),
  uint8: (x) => Uint8Array.from(x),
  uint16: (x) => Uint16Array.from(x),
  uint32: (x) => Uint32Array.from(x),
  uint64: (x) => BigUint64Array.from(x, (v) => (v >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(v))),
  bool: (x) => Uint8Array.from(x),
};

/**
 * A constant of this type from numbers: floats are rounded to nearest even, integers must be integers of the type's
 * range (2^63 and 2^64 stand for the greatest 64-bit integers, which have no double). Throws `type-mismatch` and `tensor-shape`.
 */
export function constantFrom(
  dtype: DataType,
  dims: readonly number[],
  numbers: Float64Array | readonly number[],
): Constant {
  const where = `${dtype} constant of dims [${dims.join(', ')}]`;
  if (dtype === 'string') fail({ code: 'type-mismatch', where, expected: 'a numeric type', got: 'string' });
  const values = Float64Array.from(numbers);
  if (values.length !== sizeOf(dims)) {
    fail({ code: 'tensor-shape', where, expected: `${sizeOf(dims)} numbers`, got: `${values.length}` });
  }
  const range = integerRange(dtype);
  const outside = range && values.find((v) => !Number.isInteger(v) || v < range[0] || v > range[1]);
  if (outside !== undefined) {
    fail({ code: 'type-mismatch', where, expected: `integers of type ${dtype}`, got: `${outside}` });
  }
  return { dtype, dims, data: stores[dtype](values) };
}
