import { filled, type NumArray, positions, stridesOf } from './array.js';

/** The elements that a reduction over `axes` folds together, one array per kept element. */
export interface ReducedSlices {
  /** Dims of the axes that stay. */
  readonly kept: readonly number[];
  readonly lanes: readonly Float64Array[];
}

/** Position in `dims` of every element of every lane, lane by lane. */
function lanePositions(dims: readonly number[], axes: readonly number[]) {
  const strides = stridesOf(dims);
  const keptAxes = dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const table = (chosen: readonly number[]) =>
    positions(
      chosen.map((axis) => dims[axis]),
      chosen.map((axis) => strides[axis]),
    );
  return { kept: keptAxes.map((axis) => dims[axis]), starts: table(keptAxes), steps: table(axes) };
}

/** `axes` are normalised (not negative). */
export function slicesOver(x: NumArray, axes: readonly number[]): ReducedSlices {
  const { kept, starts, steps } = lanePositions(x.dims, axes);
  const lanes = Array.from(starts, (start) => Float64Array.from(steps, (step) => x.data[start + step]));
  return { kept, lanes };
}

/** The inverse of {@link slicesOver}: an array like `x` with these lanes. */
export function joinSlices(x: NumArray, axes: readonly number[], lanes: readonly Float64Array[]): NumArray {
  const { starts, steps } = lanePositions(x.dims, axes);
  const y = filled(x.dtype, x.dims);
  lanes.forEach((lane, l) => {
    lane.forEach((v, i) => {
      y.data[starts[l] + steps[i]] = v;
    });
  });
  return y;
}

export function sum(lane: Float64Array): number {
  return lane.reduce((total, v) => total + v, 0);
}

export function mean(lane: Float64Array): number {
  return sum(lane) / lane.length;
}

export function meanSquare(lane: Float64Array): number {
  return lane.reduce((total, v) => total + v * v, 0) / lane.length;
}

/** Dims after reducing `axes`: 1 each with keepdims, gone without. */
export function reducedDims(dims: readonly number[], axes: readonly number[], keep: boolean): number[] {
  if (keep) return dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return dims.filter((_, axis) => !axes.includes(axis));
}
