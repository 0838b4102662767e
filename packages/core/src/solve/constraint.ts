import { fail } from '../error.js';
import { expectLength } from '../rows/dense.js';
import { relativeRounding } from './cholesky.js';
import { dotOf } from './condition.js';

/** The square of the norm of a constraint's normal. Throws `option-value` when it is 0. */
export function squaredNorm(normal: Float64Array, k: number): number {
  expectLength('constraint(normal)', normal.length, k);
  const square = dotOf(normal, normal);
  if (square > 0 && Number.isFinite(square)) return square;
  return fail({
    code: 'option-value',
    where: 'constraint(normal)',
    expected: 'a finite vector that is not zero',
    got: `squared norm ${square}`,
  });
}

/**
 * The point nearest to z with normal·z = value, to the rounding of that point. It takes two steps, because the first one leaves the
 * rounding of z, which is larger where most of z lies along the normal.
 */
export function nearestOnPlane(z: Float64Array, normal: Float64Array, value: number): Float64Array {
  const square = dotOf(normal, normal);
  const nearest = z.slice();
  for (let step = 0; step < 2; step++) {
    const shift = (value - dotOf(normal, nearest)) / square;
    for (let j = 0; j < nearest.length; j++) nearest[j] += shift * normal[j];
  }
  return nearest;
}

/**
 * What rounding can have made of a zero eigenvalue where a direction of eigenvalue `removed` was projected out of a positive semi-definite
 * matrix, from rows of d numbers. The largest eigenvalue before is at most the largest one after plus `removed`, and its rounding is
 * d·2⁻⁵² of itself.
 */
export const roundingOfProjection = (removed: number, d: number): number => relativeRounding(d) * removed;
