import { counted } from '../counted.js';
import { fail } from '../error.js';
import type { Stream } from '../random/stream.js';
import { exponentOf, type NormOrder } from '../tensor/norm.js';
import { showShape, type Tensor } from '../tensor/tensor.js';
import { expectBall } from './ball.js';
import { fillUniformInBall } from './draw.js';
import { type Magnitudes, shrinkOnto } from './shrink.js';

/** A ball for each row of a batch. */
export interface RowBalls {
  readonly norm: NormOrder;
  /** The radius of each row. */
  readonly radii: ArrayLike<number>;
  /** 1 for elements that may differ from 0, 0 for the others: one row for all, or a row for each. Default: all may. */
  readonly free?: Uint8Array;
}

/** Bounds of origin + row, element by element. */
export interface RowBox {
  /** One row for all, or a row for each; within the bounds. */
  readonly origin: Tensor;
  readonly bounds: readonly [low: number, high: number];
}

/**
 * Moves every row of `rows` [n, ...] to the nearest point, by Euclidean distance, that lies in its ball, is 0 at the elements that are not
 * free and, where there is a box, keeps origin + row in the bounds. In place, exact up to rounding, for every norm: the nearest point of
 * all sets together, not of one after the other. Throws `tensor-shape` for radii, masks or origins that do not go with the rows,
 * `option-value` for a bad order or radius and for an origin outside the bounds, `non-finite` for rows that are not finite.
 */
export function projectRows(rows: Tensor, balls: RowBalls, box?: RowBox): void {
  const { n, d } = expectRows('projectRows', rows, balls);
  if (box !== undefined) expectLength('projectRows(origin)', box.origin.data.length, { n, d });
  const point = { at: new Int32Array(d), sizes: new Float64Array(d), limits: new Float64Array(d) };
  for (let i = 0; i < n; i++) {
    const p = expectBall('projectRows', { norm: balls.norm, radius: balls.radii[i] });
    const from = i * d;
    const count = movableOf(point, { rows, free: balls.free, box, from });
    const sizes = point.sizes.subarray(0, count);
    shrinkOnto({ sizes, limits: point.limits.subarray(0, count) }, p, balls.radii[i]);
    for (let k = 0; k < count; k++) {
      const j = from + point.at[k];
      rows.data[j] = rows.data[j] < 0 ? -sizes[k] : sizes[k];
    }
  }
}

/** The elements of a row that stay different from 0, each with its place in the row. */
interface Movable extends Magnitudes {
  readonly at: Int32Array;
}

interface RowLimits {
  readonly rows: Tensor;
  readonly free: Uint8Array | undefined;
  readonly box: RowBox | undefined;
  /** First element of the row. */
  readonly from: number;
}

/**
 * Writes the magnitudes of the elements that may differ from 0 side by side, each with the most that it may be, and 0 at the others.
 * Returns how many there are. Leaving out the others makes all that follows shorter: often more than half of a row is anchored or at a
 * bound.
 */
function movableOf({ at, sizes, limits }: Movable, { rows: { data }, free, box, from }: RowLimits): number {
  const d = at.length;
  const marks = free !== undefined && free.length === d ? 0 : from;
  const starts = box !== undefined && box.origin.data.length === d ? 0 : from;
  const [low, high] = box?.bounds ?? UNBOUNDED;
  let count = 0;
  for (let j = 0; j < d; j++) {
    const value = data[from + j];
    const start = box === undefined ? 0 : box.origin.data[starts + j];
    if (!(value - value === 0)) refuseElement('projectRows', 'non-finite', `${value} at element ${from + j}`);
    if (!(start >= low && start <= high)) {
      refuseElement('projectRows(origin)', 'option-value', `${start} at element ${from + j}`);
    }
    const limit = value < 0 ? start - low : high - start;
    if (value === 0 || limit === 0 || (free !== undefined && free[marks + j] === 0)) {
      data[from + j] = 0;
      continue;
    }
    at[count] = j;
    sizes[count] = value < 0 ? -value : value;
    limits[count] = limit;
    count++;
  }
  return count;
}

const UNBOUNDED = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

function refuseElement(where: string, code: 'non-finite' | 'option-value', got: string): never {
  const expected = code === 'non-finite' ? 'finite rows' : 'numbers within the bounds';
  return fail({ code, where, expected, got });
}

/**
 * Fills every row of `rows` [n, ...] with a point that is uniform by volume in its ball of the free elements; the others are 0.
 * `random(i)` is the stream of row i. Throws `tensor-shape` for radii or masks that do not go with the rows, `option-value` for a bad
 * order or radius.
 */
export function fillRowsUniform(rows: Tensor, balls: RowBalls, random: (row: number) => Stream): void {
  const { n, d } = expectRows('fillRowsUniform', rows, balls);
  const { free, norm, radii } = balls;
  const drawn = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    expectBall('fillRowsUniform', { norm, radius: radii[i] });
    const isFree = (j: number) => free === undefined || free[free.length === d ? j : i * d + j] !== 0;
    let count = 0;
    for (let j = 0; j < d; j++) if (isFree(j)) count++;
    if (count > 0) fillUniformInBall(random(i), drawn.subarray(0, count), { norm, radius: radii[i] });
    for (let j = 0, k = 0; j < d; j++) rows.data[i * d + j] = isFree(j) ? drawn[k++] : 0;
  }
}

function expectRows(
  where: string,
  { shape, data }: Tensor,
  { norm, radii, free }: RowBalls,
): { readonly n: number; readonly d: number } {
  const [n] = shape;
  if (n === undefined) {
    return fail({ code: 'tensor-shape', where, expected: 'rows [n, ...]', got: showShape(shape) });
  }
  exponentOf(norm);
  const d = n === 0 ? 0 : data.length / n;
  if (radii.length !== n) {
    fail({
      code: 'tensor-shape',
      where: `${where}(radii)`,
      expected: counted(n, 'number'),
      got: `${radii.length}`,
    });
  }
  if (free !== undefined) expectLength(`${where}(free)`, free.length, { n, d });
  return { n, d };
}

function expectLength(
  where: string,
  got: number,
  { n, d }: { readonly n: number; readonly d: number },
): void {
  if (got === d || got === n * d) return;
  fail({
    code: 'tensor-shape',
    where,
    expected: `${counted(d, 'element')}, or ${n} times as many`,
    got: `${got}`,
  });
}
