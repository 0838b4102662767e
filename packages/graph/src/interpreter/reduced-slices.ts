import { filled, type NumArray, positions, stridesOf } from './array.js';

/** The elements that a reduction combines, one array for each kept element. */
export interface ReducedSlices {
  /** Dims of the kept axes. */
  readonly kept: readonly number[];
  readonly slices: readonly Float64Array[];
}

/** The position of element j of slice i is starts[i] + steps[j]. */
function slicePositionsOver(dims: readonly number[], axes: readonly number[]) {
  const strides = stridesOf(dims);
  const keptAxes = dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const table = (chosen: readonly number[]) =>
    positions(
      chosen.map((axis) => dims[axis]),
      chosen.map((axis) => strides[axis]),
    );
  return { kept: keptAxes.map((axis) => dims[axis]), starts: table(keptAxes), steps: table(axes) };
}

/** Returns the slices over `axes`, which must not be negative. */
export function slicesOver(x: NumArray, axes: readonly number[]): ReducedSlices {
  const { kept, starts, steps } = slicePositionsOver(x.dims, axes);
  const slices = Array.from(starts, (start) => {
    const slice = new Float64Array(steps.length);
    for (let i = 0; i < slice.length; i++) slice[i] = x.data[start + steps[i]];
    return slice;
  });
  return { kept, slices };
}

/** The inverse of {@link slicesOver}: returns an array of the shape of `x` with these slices. */
export function joinSlices(x: NumArray, axes: readonly number[], slices: readonly Float64Array[]): NumArray {
  const { starts, steps } = slicePositionsOver(x.dims, axes);
  const y = filled(x.dtype, x.dims);
  slices.forEach((slice, l) => {
    const start = starts[l];
    for (let i = 0; i < slice.length; i++) y.data[start + steps[i]] = slice[i];
  });
  return y;
}

export function sum(slice: Float64Array): number {
  let total = 0;
  for (let i = 0; i < slice.length; i++) total += slice[i];
  return total;
}

export function mean(slice: Float64Array): number {
  return sum(slice) / slice.length;
}

export function meanSquare(slice: Float64Array): number {
  let total = 0;
  for (let i = 0; i < slice.length; i++) total += slice[i] * slice[i];
  return total / slice.length;
}

/** Returns the dims after a reduction: reduced axes have size 1 if `keep`, else they are removed. */
export function reducedDims(dims: readonly number[], axes: readonly number[], keep: boolean): number[] {
  if (keep) return dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return dims.filter((_, axis) => !axes.includes(axis));
}
