import { isInteger } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { integerRange, wrapped } from '../ir/integers.js';
import type { DataType } from '../ir/types.js';
import type { NumArray } from './array.js';
import { type Call, type EvalRow, normalAxis } from './call.js';
import { mean, reducedDims, slicesOver, sum } from './reduced-slices.js';
import { logSumExp } from './special.js';

/** Returns the axes of input 1. If it is omitted or empty: all axes, or none with noop_with_empty_axes. */
function axesOf(call: Call, rank: number): readonly number[] {
  const listed = Array.from(call.inputs[1]?.data ?? [], (axis) => normalAxis(call.where, axis, rank));
  if (listed.length > 0 || attributesOf(call.node, 'ReduceSum').noop_with_empty_axes) return listed;
  return Array.from({ length: rank }, (_, axis) => axis);
}

type Fold = (slice: Float64Array, dtype: DataType) => number;

const reduction =
  (fold: Fold): EvalRow =>
  (call): NumArray => {
    const x = call.input(0);
    const axes = axesOf(call, x.dims.length);
    const { slices } = slicesOver(x, axes);
    const dims = reducedDims(x.dims, axes, attributesOf(call.node, 'ReduceSum').keepdims);
    const toDtype = (value: number) =>
      isInteger(x.dtype) ? wrapped(call.where, x.dtype, Math.trunc(value)) : value;
    return {
      dtype: x.dtype,
      dims,
      data: Float64Array.from(slices, (slice) => toDtype(fold(slice, x.dtype))),
    };
  };

const sumOf = (f: (x: number) => number) => (slice: Float64Array) =>
  slice.reduce((total, v) => total + f(v), 0);

/** Least and greatest value of a dtype: the maximum and minimum of an empty slice. */
const least = (dtype: DataType) => integerRange(dtype)?.[0] ?? Number.NEGATIVE_INFINITY;
const greatest = (dtype: DataType) => integerRange(dtype)?.[1] ?? Number.POSITIVE_INFINITY;

export const reduceRows = {
  ReduceL1: reduction(sumOf(Math.abs)),
  ReduceL2: reduction((slice) => Math.sqrt(sumOf((x) => x * x)(slice))),
  ReduceLogSum: reduction((slice) => Math.log(sum(slice))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceMax: reduction((slice, dtype) => slice.reduce((a, b) => Math.max(a, b), least(dtype))),
  ReduceMean: reduction(mean),
  ReduceMin: reduction((slice, dtype) => slice.reduce((a, b) => Math.min(a, b), greatest(dtype))),
  ReduceProd: reduction((slice) => slice.reduce((a, b) => a * b, 1)),
  ReduceSum: reduction(sum),
  ReduceSumSquare: reduction(sumOf((x) => x * x)),
} satisfies Record<string, EvalRow>;
