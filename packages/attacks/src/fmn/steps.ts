import { clip, type Floats, type SearchRows } from '../search/rows.js';

interface Stepped {
  readonly rows: SearchRows;
  readonly points: Floats;
  readonly gradients: Floats;
  /** Gets the new perturbations: point after the step less input. */
  readonly into: Float64Array;
}

/**
 * Writes the perturbation of each row after a step of this Euclidean length against its gradient. Elements that are at a bound and would be
 * led across it do not count in the length, so that the others move as far as they should.
 */
export function stepFrom({ rows, points, gradients, into }: Stepped, length: number): void {
  const { count, size, origin, bounds } = rows;
  const [low, high] = bounds;
  for (let row = 0; row < count; row++) {
    const [from, to] = [row * size, (row + 1) * size];
    let squares = 0;
    for (let i = from; i < to; i++) {
      const slope = gradients[i];
      const isBlocked = slope > 0 ? points[i] <= low : points[i] >= high;
      const moved = isBlocked ? 0 : slope;
      squares += moved * moved;
      into[i] = moved;
    }
    const factor = squares > 0 ? length / Math.sqrt(squares) : 0;
    for (let i = from; i < to; i++) into[i] = points[i] - origin[i] - factor * into[i];
  }
}

/** Makes the perturbation of a row as long as a radius, by a common factor, and moves the point there, within the bounds. */
export function scaleTo(
  { rows, points, into }: Omit<Stepped, 'gradients'>,
  row: number,
  radius: number,
): void {
  const { size, origin, bounds, free } = rows;
  const norm = normOfRow(into, { row, size }, 2);
  const factor = norm > 0 ? radius / norm : 0;
  for (let i = row * size; i < (row + 1) * size; i++) {
    if (free[i] !== 0) points[i] = clip(origin[i] + factor * into[i], bounds);
  }
}

/** The norm of order p of one row. */
export function normOfRow(
  data: Floats,
  { row, size }: { readonly row: number; readonly size: number },
  p: number,
): number {
  let total = 0;
  for (let i = row * size; i < (row + 1) * size; i++) {
    const value = Math.abs(data[i]);
    if (p === Number.POSITIVE_INFINITY) total = Math.max(total, value);
    else total += p === 1 ? value : value * value;
  }
  return p === 2 ? Math.sqrt(total) : total;
}
