import type { Key, Norm, Shape } from '@onnxplain/core';

export type Floats = Float32Array | Float64Array;

/**
 * Sets of free features that are searched together: one row for each set. All arrays of points are [count, size], row major, in the
 * type of the inputs, so that anchored elements keep their numbers exactly.
 */
export interface SearchRows {
  readonly count: number;
  /** Elements of one input. */
  readonly size: number;
  /** Shape of one input. */
  readonly shape: Shape;
  /** The inputs, which perturbations start from. */
  readonly origin: Floats;
  /** The number of each row's input: rows of one input have one number. */
  readonly inputs: Int32Array;
  /** The points where the search begins: the inputs, unless the call gave others. */
  readonly start: Floats;
  readonly startsAtInput: boolean;
  /** 1 for elements that may change. Elements that lie outside the bounds are 0: no change of them alone could be within the bounds. */
  readonly free: Uint8Array;
  /** The same elements as a list, so that searches visit no others. */
  readonly elements: FreeElements;
  /** The bounds of elements, rounded inwards to numbers that the points can hold. */
  readonly bounds: readonly [low: number, high: number];
  /** The margins at the inputs, above 0 or 0. */
  readonly margins: Float64Array;
  /** A key for each row, which depends on its input and its set only. */
  readonly keys: (row: number) => Key;
  readonly norm: Norm;
}

/** The free elements of every row, one row after the other. */
export interface FreeElements {
  /** Numbers of the elements in their row, from 0 up, in order. */
  readonly at: Int32Array;
  /** [count + 1]: those of row i are `at[first[i]]` to `at[first[i + 1] - 1]`. */
  readonly first: Int32Array;
}

/** Lists the elements that are marked in each of some rows. */
export function freeElementsOf(free: Uint8Array, count: number): FreeElements {
  const size = free.length / count;
  const at = new Int32Array(free.length);
  const first = new Int32Array(count + 1);
  let length = 0;
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < size; j++) if (free[row * size + j] !== 0) at[length++] = j;
    first[row + 1] = length;
  }
  return { at: at.slice(0, length), first };
}

/** The free elements of one row. */
export const freeOfRow = ({ elements: { at, first } }: SearchRows, row: number): Int32Array =>
  at.subarray(first[row], first[row + 1]);

/** The best points so far, and what the search of each row cost. */
export interface Best {
  /** [count, size]; a row is meaningful where its norm is finite. */
  readonly points: Floats;
  /** Norms of the best perturbations; Infinity where none was found. */
  readonly norms: Float64Array;
  /** The greatest norm that was evaluated. */
  readonly reached: Float64Array;
  readonly forward: Int32Array;
  readonly backward: Int32Array;
  /** Gradients that were zero at all free elements. */
  readonly zeroGradients: Int32Array;
  /** More checks, by name, which searches add for some rows. */
  readonly checks: Map<number, Record<string, number | boolean>>;
}

/** The input of a row. */
export const inputOf = ({ origin, size }: SearchRows, row: number): Floats =>
  origin.subarray(row * size, (row + 1) * size);

/** Adds checks to a row. */
export function addChecks(best: Best, row: number, checks: Readonly<Record<string, number | boolean>>): void {
  best.checks.set(row, { ...best.checks.get(row), ...checks });
}

/** Points side by side, each of one row: [owners.length, size]. */
export interface Points {
  readonly data: Floats;
  /** The row that each point belongs to. */
  readonly owners: Int32Array;
}

/** Empty results for `count` rows. */
export function emptyBest(count: number, size: number, like: Floats): Best {
  return {
    points: floatsLike(like, count * size),
    norms: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    reached: new Float64Array(count),
    forward: new Int32Array(count),
    backward: new Int32Array(count),
    zeroGradients: new Int32Array(count),
    checks: new Map(),
  };
}

/** Zeros of the type of `like`. */
export function floatsLike(like: Floats, length: number): Floats {
  return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

/** 0, 1, ..., count - 1. */
export function allRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

/** The norm of point `at` of `data` less the input of a row. The anchored elements of the point are those of the input. */
export function distance(rows: SearchRows, row: number, { data, at }: { data: Floats; at: number }): number {
  const { origin, size, norm, elements } = rows;
  const [from, to, last] = [at * size, row * size, elements.first[row + 1]];
  let total = 0;
  for (let k = elements.first[row]; k < last; k++) {
    const j = elements.at[k];
    const change = Math.abs(data[from + j] - origin[to + j]);
    if (norm === 'l2') total += change * change;
    else if (norm === 'l1') total += change;
    else if (change > total) total = change;
  }
  return norm === 'l2' ? Math.sqrt(total) : total;
}

/**
 * Keeps every point whose margin is below -slack and whose norm is the least of its row so far. Returns the norms of all the points,
 * [points].
 */
export function keepBest(rows: SearchRows, best: Best, { points, margins, slack }: Judged): Float64Array {
  const { size } = rows;
  const { owners, data } = points;
  const norms = new Float64Array(owners.length);
  for (let at = 0; at < owners.length; at++) {
    const row = owners[at];
    const norm = distance(rows, row, { data, at });
    norms[at] = norm;
    best.reached[row] = Math.max(best.reached[row], norm);
    if (!(margins[at] < -slack[row]) || !(norm < best.norms[row])) continue;
    best.norms[row] = norm;
    best.points.set(data.subarray(at * size, (at + 1) * size), row * size);
  }
  return norms;
}

/** Points with their margins. */
export interface Judged {
  readonly points: Points;
  readonly margins: Float64Array;
  /** For each row, how far below 0 a margin must be, so that rounding cannot change its sign. */
  readonly slack: Float64Array;
}

/** Copies some rows of `data` side by side into `into`. */
export function gather(data: Floats, picked: ArrayLike<number>, { into, size }: Gathered): void {
  for (let at = 0; at < picked.length; at++) {
    into.set(data.subarray(picked[at] * size, (picked[at] + 1) * size), at * size);
  }
}

interface Gathered {
  readonly into: Floats;
  readonly size: number;
}

/** Moves the points of all rows to the best ones, where there are some. */
export function takeBest(points: Floats, best: Best, size: number): void {
  for (const [row, norm] of best.norms.entries()) {
    if (norm === Number.POSITIVE_INFINITY) continue;
    points.set(best.points.subarray(row * size, (row + 1) * size), row * size);
  }
}

/** The nearest number within the bounds. */
export const clip = (value: number, [low, high]: readonly [number, number]): number =>
  Math.min(high, Math.max(low, value));
