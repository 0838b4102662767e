import { fail } from '../error.js';
import { exponentOf, type NormOrder, norm } from '../tensor/norm.js';
import { shrinkOnto } from './shrink.js';

type Vector = Float32Array | Float64Array;

/** Points whose norm is at most the radius: 'l1' is a cross-polytope, 'l2' a Euclidean ball, 'linf' a box. */
export interface NormBall {
  readonly norm: NormOrder;
  readonly radius: number;
}

/** Whether a point lies in the ball, up to a relative rounding error of 1e-12. */
export function isInBall(point: Vector, { norm: order, radius }: NormBall): boolean {
  return norm({ shape: [point.length], data: point }, order) <= radius * (1 + 1e-12);
}

/** The exponent of a ball's norm. Throws `option-value` for an order below 1, and for a radius that is negative or not finite. */
export function expectBall(where: string, { norm: order, radius }: NormBall): number {
  if (radius >= 0 && radius < Number.POSITIVE_INFINITY) return exponentOf(order);
  return fail({
    code: 'option-value',
    where: `${where}(radius)`,
    expected: 'a number from 0',
    got: `${radius}`,
  });
}

/**
 * Moves a point to the nearest one of the ball by Euclidean distance, in place: exact up to rounding, for every norm. A point in the ball
 * stays. Throws `option-value` for a radius that is negative or not finite and for an order below 1, `non-finite` for a point that is not
 * finite.
 */
export function projectOntoBall(point: Vector, ball: NormBall): void {
  const p = expectBall('projectOntoBall', ball);
  const length = norm({ shape: [point.length], data: point }, p);
  if (!Number.isFinite(length)) {
    fail({ code: 'non-finite', where: 'projectOntoBall', expected: 'a finite point', got: `norm ${length}` });
  }
  if (length <= ball.radius) return;
  const sizes = Float64Array.from(point, Math.abs);
  const limits = new Float64Array(point.length).fill(Number.POSITIVE_INFINITY);
  shrinkOnto({ sizes, limits }, p, ball.radius);
  for (let i = 0; i < point.length; i++) point[i] = Math.sign(point[i]) * sizes[i];
}
