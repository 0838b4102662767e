import { shrinkOnto } from '@onnxplain/core';
import type { Floats, SearchRows } from '../search/rows.js';

// The sign of a change and whether an element is at a bound are random to a processor: a branch on them takes longer than all the
// arithmetic of the element. So these comparisons are numbers here, 0 or 1, which choose from two numbers or multiply.

/** Arrays of one row, which are used again for every row. */
export interface StepWork {
  /** The numbers at which a rise ends, and a fall: the greatest and the least. */
  readonly ends: Float64Array;
  /** The perturbation after the step, by free elements. */
  readonly changes: Float64Array;
  /** Indices of the elements that change, the sizes and signs of their changes, and the most that the sizes may be. */
  readonly places: Int32Array;
  readonly sizes: Float64Array;
  readonly signs: Float64Array;
  readonly limits: Float64Array;
}

export function stepWorkOf({ size, bounds: [low, high] }: SearchRows): StepWork {
  // Each element is written before it is known whether it counts, the last one too.
  const array = () => new Float64Array(size + 1);
  const places = new Int32Array(size + 1);
  const ends = Float64Array.of(high, low);
  return { ends, changes: array(), places, sizes: array(), signs: array(), limits: array() };
}

/** Points with the gradients at them, [count, size]. */
export interface Stepped {
  readonly rows: SearchRows;
  readonly points: Floats;
  readonly gradients: Floats;
  readonly work: StepWork;
}

/**
 * Writes into `work.changes` the perturbation of a row after a step of this Euclidean length against its gradient. Elements that are at a
 * bound and would be led across it do not count in the length, so that the others move as far as they should.
 */
export function stepFrom({ rows, points, gradients, work }: Stepped, row: number, length: number): void {
  const { size, origin, elements } = rows;
  const { changes, ends } = work;
  const [start, last, from] = [elements.first[row], elements.first[row + 1], row * size];
  let squares = 0;
  for (let k = start; k < last; k++) {
    const i = from + elements.at[k];
    const slope = gradients[i];
    const isFall = Number(slope > 0);
    const room = (ends[isFall] - points[i]) * (1 - 2 * isFall);
    const moved = slope * Number(room > 0);
    squares += moved * moved;
    changes[k - start] = moved;
  }
  const factor = squares > 0 ? length / Math.sqrt(squares) : 0;
  for (let k = start; k < last; k++) {
    const i = from + elements.at[k];
    changes[k - start] = points[i] - origin[i] - factor * changes[k - start];
  }
}

/**
 * Moves the point of a row to the input plus the nearest perturbation to `work.changes` whose p-norm is at most the radius and that keeps
 * within the bounds.
 */
export function moveIntoBall(
  { rows, points, work }: Omit<Stepped, 'gradients'>,
  row: number,
  { p, radius }: { readonly p: number; readonly radius: number },
): void {
  const { size, origin, elements, bounds } = rows;
  const [low, high] = bounds;
  const { changes, ends, places, signs } = work;
  const [start, last, from] = [elements.first[row], elements.first[row + 1], row * size];
  let count = 0;
  for (let k = start; k < last; k++) {
    const i = from + elements.at[k];
    const x = origin[i];
    const change = changes[k - start];
    const isFall = Number(change < 0);
    const sign = 1 - 2 * isFall;
    const limit = (ends[isFall] - x) * sign;
    points[i] = x;
    places[count] = i;
    signs[count] = sign;
    work.sizes[count] = Math.abs(change);
    work.limits[count] = limit;
    count += Number(change !== 0) * Number(limit > 0);
  }
  const sizes = work.sizes.subarray(0, count);
  shrinkOnto({ sizes, limits: work.limits.subarray(0, count) }, p, radius);
  for (let m = 0; m < count; m++) {
    const moved = origin[places[m]] + signs[m] * sizes[m];
    points[places[m]] = Math.min(high, Math.max(low, moved));
  }
}

/** Moves the point of a row to the input plus `work.changes` times a factor that gives it the l2 norm `radius`, within the bounds. */
export function scaleTo(
  { rows, points, work }: Omit<Stepped, 'gradients'>,
  row: number,
  radius: number,
): void {
  const { size, origin, elements, bounds } = rows;
  const [low, high] = bounds;
  const { changes } = work;
  const [start, last] = [elements.first[row], elements.first[row + 1]];
  let squares = 0;
  for (let k = 0; k < last - start; k++) squares += changes[k] * changes[k];
  const factor = squares > 0 ? radius / Math.sqrt(squares) : 0;
  for (let k = start; k < last; k++) {
    const i = row * size + elements.at[k];
    const moved = origin[i] + factor * changes[k - start];
    points[i] = Math.min(high, Math.max(low, moved));
  }
}

/** The norm of order p of the free elements of a row of gradients. */
export function slopeOf(
  { rows, gradients }: Pick<Stepped, 'rows' | 'gradients'>,
  row: number,
  p: number,
): number {
  const { size, elements } = rows;
  let total = 0;
  for (let k = elements.first[row]; k < elements.first[row + 1]; k++) {
    const value = Math.abs(gradients[row * size + elements.at[k]]);
    if (p === Number.POSITIVE_INFINITY) total = Math.max(total, value);
    else total += p === 1 ? value : value * value;
  }
  return p === 2 ? Math.sqrt(total) : total;
}
