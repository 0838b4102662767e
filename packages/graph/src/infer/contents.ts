import { sizeOf } from '@onnxplain/core';
import type { Constant, DataType, Dim, ValueType } from '../ir/types.js';
import type { Elements } from './site.js';

/** Most elements of a tensor whose elements inference tracks. */
export const MAX_TRACKED = 1024;

/** Returns the elements of a small numeric constant; undefined for others. */
export function elementsOfConstant(constant: Constant): Elements | undefined {
  const { dtype, dims } = constant;
  if (sizeOf(dims) > MAX_TRACKED || dtype === 'string' || dtype === 'float16' || dtype === 'bfloat16')
    return undefined;
  return Array.from(constant.data as ArrayLike<number | bigint>, Number);
}

/** Makes a constant of an integer or boolean tensor whose elements are all known; undefined for others. */
export function constantOfElements(
  { dtype, dims }: ValueType,
  elements: Elements | undefined,
): Constant | undefined {
  if (dims === undefined || elements === undefined || !dims.every((dim) => typeof dim === 'number'))
    return undefined;
  const values: number[] = [];
  for (const element of elements) {
    if (typeof element !== 'number' || (dtype !== 'bool' && within(element, dtype) === undefined))
      return undefined;
    values.push(element);
  }
  if (dtype === 'int64') return { dtype, dims, data: BigInt64Array.from(values, BigInt) };
  if (dtype === 'int32') return { dtype, dims, data: Int32Array.from(values) };
  return dtype === 'bool' ? { dtype, dims, data: Uint8Array.from(values) } : undefined;
}

/** Rounds a number to the dtype; undefined where it overflows, and for dtypes that inference does not round. */
export function within(a: Dim | undefined, dtype: DataType): Dim | undefined {
  if (typeof a !== 'number') return a;
  if (dtype === 'float32') return Math.fround(a);
  if (dtype === 'float64') return a;
  if (dtype === 'int32') return Number.isInteger(a) && a >= -(2 ** 31) && a < 2 ** 31 ? a : undefined;
  return dtype === 'int64' && Number.isSafeInteger(a) ? a : undefined;
}
