import { clip, type Floats, floatsLike, type SearchRows } from '../search/rows.js';
import { leastSizes, type Reach } from './half-space.js';

/** Arrays of one row, which are used again for every row, and the result of {@link projectOrigin}. */
export interface Work {
  readonly reach: Reach;
  /** The nearest point. */
  readonly aim: Floats;
  /** Whether the linear margin is at most 0 there: else the bounds do not reach that far. */
  isReached: boolean;
}

export function workOf({ size, origin }: SearchRows): Work {
  const array = () => new Float64Array(size);
  return {
    reach: { weights: array(), rooms: array(), sizes: array() },
    aim: floatsLike(origin, size),
    isReached: false,
  };
}

/** A linear margin: value + gradient·(point - at). */
export interface LinearMargin {
  readonly value: number;
  readonly gradient: Floats;
  readonly at: Floats;
}

/**
 * Writes into `work.aim` the point nearest to the input of a row at which a linear margin is at most 0, within the bounds and the free
 * elements; where the bounds do not reach that far, the corner that comes nearest. Returns false where there is no direction: the
 * gradient is 0 at all free elements.
 */
export function projectOrigin(
  { rows, work }: { readonly rows: SearchRows; readonly work: Work },
  row: number,
  { value, gradient, at }: LinearMargin,
): boolean {
  const { size, origin, free, bounds, norm } = rows;
  const { reach, aim } = work;
  const from = row * size;
  let need = value;
  let isFlat = true;
  for (let j = 0; j < size; j++) {
    const slope = free[from + j] === 0 ? 0 : gradient[j];
    const x = origin[from + j];
    if (slope !== 0) isFlat = false;
    need += slope * (x - at[j]);
    reach.weights[j] = Math.abs(slope);
    reach.rooms[j] = slope > 0 ? x - bounds[0] : bounds[1] - x;
  }
  if (isFlat || !Number.isFinite(need)) return false;
  work.isReached = leastSizes(reach, norm, need);
  for (let j = 0; j < size; j++) {
    const x = origin[from + j];
    aim[j] = reach.sizes[j] === 0 ? x : clip(x - Math.sign(gradient[j]) * reach.sizes[j], bounds);
  }
  return true;
}
