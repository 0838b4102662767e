import { fail, sizeOf } from '@onnxplain/core';
import type { DataType } from '../ir/types.js';

/**
 * A value of the interpreter: elements of any dtype as float64, row major. bool is 0 and 1. Integers are exact up to 2^53: larger 64-bit
 * constants become the nearest double, and arithmetic with a larger result throws.
 */
export interface NumArray {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** Returns a value that views `data`, or copies a list. Throws `tensor-shape` if the length of `data` is not the product of `dims`. */
export function numArray(
  dtype: DataType,
  dims: readonly number[],
  data: Float64Array | readonly number[],
): NumArray {
  const elements = data instanceof Float64Array ? data : Float64Array.from(data);
  if (elements.length !== sizeOf(dims)) {
    fail({
      code: 'tensor-shape',
      where: 'numArray',
      expected: `${sizeOf(dims)} elements for dims [${dims.join(', ')}]`,
      got: `${elements.length}`,
    });
  }
  return { dtype, dims, data: elements };
}

/** Returns a value of shape `dims` with all elements equal to `fill` (default 0). */
export function filled(dtype: DataType, dims: readonly number[], fill = 0): NumArray {
  return { dtype, dims, data: new Float64Array(sizeOf(dims)).fill(fill) };
}

/** Returns the row-major strides of `dims`, in elements. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1] * dims[axis + 1];
  }
  return strides;
}

/** Returns offset + sum of index times stride for each element of `dims`, in row-major order. Strides may be 0 or negative. */
export function positions(dims: readonly number[], strides: readonly number[], offset = 0): Int32Array {
  let table = Int32Array.of(offset);
  dims.forEach((dim, axis) => {
    const stride = strides[axis];
    const next = new Int32Array(table.length * dim);
    for (let i = 0, at = 0; i < table.length; i++) {
      for (let j = 0; j < dim; j++) next[at++] = table[i] + j * stride;
    }
    table = next;
  });
  return table;
}

/** Returns the elements at these positions. */
export function take(data: Float64Array, at: Int32Array): Float64Array {
  const out = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) out[i] = data[at[i]];
  return out;
}

/** Transposes `x`: output axis i is input axis `order[i]`. */
export function permuted(x: NumArray, order: readonly number[]): NumArray {
  const strides = stridesOf(x.dims);
  const dims = order.map((axis) => x.dims[axis]);
  const at = positions(
    dims,
    order.map((axis) => strides[axis]),
  );
  return { dtype: x.dtype, dims, data: take(x.data, at) };
}

/** Returns the shape that arrays broadcast to, by NumPy's rule. Throws `shape-mismatch` if they do not broadcast together. */
export function broadcastDims(where: string, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, axis) => {
    let common = 1;
    for (const dims of shapes) {
      const dim = dims[axis - rank + dims.length] ?? 1;
      if (dim !== 1 && common !== 1 && dim !== common) {
        const got = shapes.map((s) => `[${s.join(', ')}]`).join(' and ');
        fail({ code: 'shape-mismatch', where, expected: 'shapes that broadcast together', got });
      }
      if (dim !== 1) common = dim;
    }
    return common;
  });
}

/** Returns the strides that read an array of shape `from` as if it were broadcast to `to`: 0 along broadcast axes. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]));
}

/** Returns the elements of `x` broadcast to `dims`. Throws `shape-mismatch` if it does not broadcast to them. */
export function broadcastTo(where: string, x: NumArray, dims: readonly number[]): Float64Array {
  const lead = dims.length - x.dims.length;
  if (lead < 0 || x.dims.some((dim, axis) => dim !== 1 && dim !== dims[axis + lead])) {
    fail({ code: 'shape-mismatch', where, expected: `dims that broadcast to [${dims}]`, got: `[${x.dims}]` });
  }
  if (x.data.length === sizeOf(dims)) return x.data;
  return take(x.data, positions(dims, broadcastStrides(x.dims, dims)));
}

/** Divides `data` into blocks of `size` elements. Returns a function that gives block i as a view. */
export function blocks(data: Float64Array, size: number): (i: number) => Float64Array {
  return (i) => data.subarray(i * size, (i + 1) * size);
}

/** A shape reduced to [outer, length, inner]: the axes before an axis, the axis, the axes after it. */
export interface AxisSlices {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Returns the sizes before, along and after an axis. */
export function slicesAlong(dims: readonly number[], axis: number): AxisSlices {
  return {
    outer: sizeOf(dims.slice(0, axis)),
    length: dims[axis],
    inner: sizeOf(dims.slice(axis + 1)),
  };
}

/** Calls `visit` for every 1-D slice along the axis, with the position of its first element and the step between its elements. */
export function forEachSlice(
  { outer, length, inner }: AxisSlices,
  visit: (start: number, step: number) => void,
): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) visit(o * length * inner + i, inner);
  }
}
