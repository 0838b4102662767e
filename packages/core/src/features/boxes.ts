import type { Shape } from '../tensor/tensor.js';

/** A range of indices along one axis, the end exclusive. */
export type IndexRange = readonly [from: number, to: number];

/** The elements of a box: segments of `length` consecutive elements in row-major order, which begin at `starts`. */
export interface Segments {
  readonly starts: readonly number[];
  readonly length: number;
}

/** The segments of a box that is given by one range for each axis of the shape. They are as long as the box allows. */
export function segmentsOf(shape: Shape, box: readonly IndexRange[]): Segments {
  let starts: number[] = [0];
  let length = 1;
  let inner = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [from, to] = box[axis];
    if (length === inner) {
      // All axes further in are covered whole, so the indices along this axis lie side by side.
      starts = [from * inner];
      length = (to - from) * inner;
    } else {
      const before = starts;
      starts = [];
      for (let i = from; i < to; i++) for (const start of before) starts.push(i * inner + start);
    }
    inner *= shape[axis];
  }
  return { starts, length };
}

/** The whole numbers from `from` to `to`, the end exclusive. */
export function indices(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
