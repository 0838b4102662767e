import { type DataType, dtypeInfo, dtypes, fail, sizeOf } from '@onnxplain/core';
import { integerRange } from './integers.js';
import type { Constant } from './types.js';

/** Rounds a number to the float type, ties to even. Numbers of float64 and of integer types stay as they are. */
export function rounded(dtype: DataType, x: number): number {
  return dtypeInfo(dtype)?.round?.(x) ?? x;
}

/**
 * Returns the elements of a constant as float64; 64-bit integers beyond 2^53 are rounded. Throws `type-mismatch` for strings.
 */
export function numbersOf({ dtype, data }: Constant): Float64Array {
  if (!ArrayBuffer.isView(data)) {
    fail({ code: 'type-mismatch', where: 'constant', expected: 'a tensor of numbers', got: 'strings' });
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  const decode = dtypeInfo(dtype)?.decode;
  return decode === undefined ? Float64Array.from(data) : Float64Array.from(data, decode);
}

/**
 * Makes a constant from numbers. Floats are rounded, ties to even. Integers must be in the range of the type; 2^63 and 2^64 give the
 * greatest 64-bit integers, which no double represents. Throws `type-mismatch` and `tensor-shape`.
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
  return { dtype, dims, data: dtypes[dtype].store(values) };
}
