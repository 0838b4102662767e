import { sizeOf } from '@onnxplain/core';
import type { Constant, DataType, Dim, ValueType } from '../ir/types.js';
import type { Elements } from './site.js';

/** Largest tensor whose contents are followed. */
export const FOLLOWED = 1024;

/** Contents of a small numeric constant. */
export function elementsOfConstant(constant: Constant): Elements | undefined {
  const { dtype, dims } = constant;
  if (sizeOf(dims) > FOLLOWED || dtype === 'string' || dtype === 'float16' || dtype === 'bfloat16')
    return undefined;
  return Array.from(constant.data as ArrayLike<number | bigint>, Number);
}

/** The constant that fully known contents of an integer or boolean tensor spell; undefined otherwise. */
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

/** A number as the dtype can hold it; undefined where it would overflow or is not ours to round. */
export function within(a: Dim | undefined, dtype: DataType): Dim | undefined {
  if (typeof a !== 'number') return a;
  if (dtype === 'float32') return Math.fround(a);
  if (dtype === 'float64') return a;
  if (dtype === 'int32') return Number.isInteger(a) && a >= -(2 ** 31) && a < 2 ** 31 ? a : undefined;
  return dtype === 'int64' && Number.isSafeInteger(a) ? a : undefined;
}
