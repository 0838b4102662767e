import { shrinkOnto } from '@onnxplain/core';
import type { Floats, SearchRows } from '../search/rows.js';

// The sign of a change and whether an element is at a bound are random to a processor: a branch on them takes longer than all the
// arithmetic of the element. So these comparisons are numbers here, 0 or 1, which choose from two numbers or multiply.

/** Arrays of one row, which are used again for every row. */
export interface StepWork {
  /** The numbers at which a rise ends, and a fall: the greatest and the least. */
  readonly ends: Float64Array;
  /** The direction of a step, by free elements. */
  readonly moves: Float64Array;
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
  return { ends, moves: array(), places, sizes: array(), signs: array(), limits: array() };
}

/** Points with the gradients at them, [count, size]. */
export interface Stepped {
  readonly rows: SearchRows;
  readonly points: Floats;
  readonly gradients: Floats;
  readonly work: StepWork;
}

/**
 * Returns the factor of the gradient in a step of this Euclidean length against it, and writes the gradient into `work.moves`, with 0 at
 * the elements that are at a bound and would be led across it. They do not count in the length, so that the others move as far as they
 * should.
 */
export function stepFactor({ rows, points, gradients, work }: Stepped, row: number, length: number): number {
  const { size, elements } = rows;
  const { moves, ends } = work;
  const [start, last, from] = [elements.first[row], elements.first[row + 1], row * size];
  let squares = 0;
  for (let k = start; k < last; k++) {
    const i = from + elements.at[k];
    const slope = gradients[i];
    const isFall = Number(slope > 0);
    const room = (ends[isFall] - points[i]) * (1 - 2 * isFall);
    const moved = slope * Number(room > 0);
    squares += moved * moved;
    moves[k - start] = moved;
  }
  return squares > 0 ? length / Math.sqrt(squares) : 0;
}

/** A step of {@link stepFactor} and the ball where it has to end. */
interface StepIntoBall {
  readonly factor: number;
  readonly p: number;
  readonly radius: number;
}

/**
 * Steps by `factor` times `work.moves`, and moves the point of the row to the nearest one whose perturbation has a p-norm of at most the
 * radius and keeps within the bounds.
 */
export function stepIntoBall(
  { rows, points, work }: Omit<Stepped, 'gradients'>,
  row: number,
  { factor, p, radius }: StepIntoBall,
): void {
  const { size, origin, elements, bounds } = rows;
  const [low, high] = bounds;
  const { moves, ends, places, signs } = work;
  const [start, last, from] = [elements.first[row], elements.first[row + 1], row * size];
  let count = 0;
  for (let k = start; k < last; k++) {
    const i = from + elements.at[k];
    const x = origin[i];
    const change = points[i] - x - factor * moves[k - start];
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

/**
 * Steps by `factor` times `work.moves`, and multiplies the perturbation by the number that gives it the l2 norm `radius`, within the
 * bounds.
 */
export function stepOntoSphere(
  { rows, points, work }: Omit<Stepped, 'gradients'>,
  row: number,
  { factor, radius }: Omit<StepIntoBall, 'p'>,
): void {
  const { size, origin, elements, bounds } = rows;
  const [low, high] = bounds;
  const { moves: changes } = work;
  const [start, last, from] = [elements.first[row], elements.first[row + 1], row * size];
  let squares = 0;
  for (let k = start; k < last; k++) {
    const i = from + elements.at[k];
    const change = points[i] - origin[i] - factor * changes[k - start];
    changes[k - start] = change;
    squares += change * change;
  }
  const scale = squares > 0 ? radius / Math.sqrt(squares) : 0;
  for (let k = start; k < last; k++) {
    const i = from + elements.at[k];
    points[i] = Math.min(high, Math.max(low, origin[i] + scale * changes[k - start]));
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
