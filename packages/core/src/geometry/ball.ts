import { fail } from '../error.js';
import type { Stream } from '../random/stream.js';
import { type Norm, norm } from '../tensor/arithmetic.js';

type Vector = Float32Array | Float64Array;

/** Points whose norm is at most the radius: 'l1' is a cross-polytope, 'l2' a Euclidean ball, 'linf' a box. */
export interface NormBall {
  readonly norm: Norm;
  readonly radius: number;
}

/** Whether a point lies in the ball, up to a relative rounding error of 1e-12. */
export function isInBall(point: Vector, { norm: kind, radius }: NormBall): boolean {
  return norm({ shape: [point.length], data: point }, kind) <= radius * (1 + 1e-12);
}

/**
 * Moves a point to the nearest one of the ball by Euclidean distance, in place: exact for all three norms. A point in the ball stays.
 * Source for 'l1': Duchi et al. 2008, "Efficient Projections onto the l1-Ball for Learning in High Dimensions".
 * Throws `option-value` for a radius that is negative or not finite.
 */
export function projectOntoBall(point: Vector, ball: NormBall): void {
  const { norm: kind, radius } = ball;
  if (!(radius >= 0 && radius < Number.POSITIVE_INFINITY)) {
    fail({
      code: 'option-value',
      where: 'projectOntoBall(radius)',
      expected: 'a number from 0',
      got: `${radius}`,
    });
  }
  const length = norm({ shape: [point.length], data: point }, kind);
  if (length <= radius) return;
  if (kind === 'linf') {
    for (let i = 0; i < point.length; i++) point[i] = Math.min(radius, Math.max(-radius, point[i]));
  } else if (kind === 'l2') {
    for (let i = 0; i < point.length; i++) point[i] *= radius / length;
  } else {
    shrink(point, thresholdOf(point, radius));
  }
}

/** The number by which every magnitude shrinks, so that the magnitudes that remain sum to the radius. */
function thresholdOf(point: Vector, radius: number): number {
  const sizes = Float64Array.from(point, Math.abs).sort().reverse();
  let sum = 0;
  let threshold = 0;
  for (let k = 0; k < sizes.length; k++) {
    sum += sizes[k];
    const next = (sum - radius) / (k + 1);
    if (sizes[k] <= next) break;
    threshold = next;
  }
  return threshold;
}

function shrink(point: Vector, threshold: number): void {
  for (let i = 0; i < point.length; i++) {
    point[i] = Math.sign(point[i]) * Math.max(0, Math.abs(point[i]) - threshold);
  }
}

/**
 * Fills `out` with a point that is uniform in the ball by volume. 'linf': every element uniform in [-radius, radius). 'l2': a normal
 * direction, at a distance whose d-th power is uniform. 'l1': the first d of d + 1 exponential numbers over their sum, with random signs.
 * Source for 'l1': Barthe et al. 2005, "A probabilistic approach to the geometry of the l_p^n-ball".
 */
export function fillUniformInBall(random: Stream, out: Vector, { norm: kind, radius }: NormBall): void {
  if (kind === 'linf') random.fillUniform(out, -radius, radius);
  else if (kind === 'l2') fillEuclidean(random, out, radius);
  else fillCrossPolytope(random, out, radius);
}

function fillEuclidean(random: Stream, out: Vector, radius: number): void {
  random.fillNormal(out);
  let squares = 0;
  for (let j = 0; j < out.length; j++) squares += out[j] * out[j];
  const factor = (radius * random.uniform() ** (1 / out.length)) / Math.sqrt(squares);
  for (let j = 0; j < out.length; j++) out[j] *= factor;
}

function fillCrossPolytope(random: Stream, out: Vector, radius: number): void {
  const exponential = () => -Math.log1p(-random.uniform());
  const sizes = Float64Array.from(out, exponential);
  const total = sizes.reduce((sum, size) => sum + size, exponential());
  for (let j = 0; j < out.length; j++) {
    const sign = random.uint32() < 2 ** 31 ? -1 : 1;
    out[j] = (sign * radius * sizes[j]) / total;
  }
}

/** Fills `out` with a point that is uniform on the Euclidean unit sphere. */
export function fillUniformOnSphere(random: Stream, out: Vector): void {
  random.fillNormal(out);
  const factor = 1 / norm({ shape: [out.length], data: out }, 'l2');
  for (let j = 0; j < out.length; j++) out[j] *= factor;
}
