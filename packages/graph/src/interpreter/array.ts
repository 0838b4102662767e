import { fail, sizeOf } from '@onnxplain/core';
import type { DataType } from '../ir/types.js';

/**
 * A value of the interpreter: every dtype as float64, row major. bool is 0 and 1; integers are exact up to 2^53 (64-bit
 * constants beyond it are the nearest double, arithmetic that would leave the exact range throws).
 */
export interface NumArray {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** A value over `data`, which is not copied. Throws `tensor-shape` when dims and length disagree. */
export function numArray(
  dtype: DataType,
  dims: readonly number[],
  data: Float64Array | readonly number[],
): NumArray {
  const dense = data instanceof Float64Array ? data : Float64Array.from(data);
  if (dense.length !== sizeOf(dims)) {
    fail({
      code: 'tensor-shape',
      where: 'numArray',
      expected: `${sizeOf(dims)} elements for dims [${dims.join(', ')}]`,
      got: `${dense.length}`,
    });
  }
  return { dtype, dims, data: dense };
}

/** A value of `dims` whose elements are all `fill`. */
export function filled(dtype: DataType, dims: readonly number[], fill = 0): NumArray {
  return { dtype, dims, data: new Float64Array(sizeOf(dims)).fill(fill) };
}

/** Row-major strides of `dims`, in elements. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1] * dims[axis + 1];
  }
  return strides;
}

/** Where each element of `dims`, in row-major order, lies in an array with these strides. Strides may be 0 or negative. */
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

/** The elements at these positions. */
export function take(data: Float64Array, at: Int32Array): Float64Array {
  const out = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) out[i] = data[at[i]];
  return out;
}

/** The axes of `x` in another order: output axis i is input axis `order[i]`. */
export function permuted(x: NumArray, order: readonly number[]): NumArray {
  const strides = stridesOf(x.dims);
  const dims = order.map((axis) => x.dims[axis]);
  const at = positions(
    dims,
    order.map((axis) => strides[axis]),
  );
  return { dtype: x.dtype, dims, data: take(x.data, at) };
}

/** The common shape of arrays that broadcast together, NumPy's rule. Throws `shape-mismatch`. */
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

/** Strides that read an array of `from` dims as if it were broadcast to `to`: 0 along stretched axes. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]));
}

/** The elements of `x` stretched to `dims`. Throws `shape-mismatch` where it does not broadcast to them. */
export function broadcastTo(where: string, x: NumArray, dims: readonly number[]): Float64Array {
  const lead = dims.length - x.dims.length;
  if (lead < 0 || x.dims.some((dim, axis) => dim !== 1 && dim !== dims[axis + lead])) {
    fail({ code: 'shape-mismatch', where, expected: `dims that broadcast to [${dims}]`, got: `[${x.dims}]` });
  }
  if (x.data.length === sizeOf(dims)) return x.data;
  return take(x.data, positions(dims, broadcastStrides(x.dims, dims)));
}

/** Consecutive parts of `size` elements, by number, without a copy. */
export function parts(data: Float64Array, size: number): (i: number) => Float64Array {
  return (i) => data.subarray(i * size, (i + 1) * size);
}

/** `x` seen as [outer, length, inner] around one axis. */
export interface AxisSlices {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

export function slicesAlong(dims: readonly number[], axis: number): AxisSlices {
  return {
    outer: sizeOf(dims.slice(0, axis)),
    length: dims[axis],
    inner: sizeOf(dims.slice(axis + 1)),
  };
}

/** Calls `visit` with the position of every slice's first element and the step between its elements. */
export function eachSlice(
  { outer, length, inner }: AxisSlices,
  visit: (start: number, step: number) => void,
): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) visit(o * length * inner + i, inner);
  }
}
