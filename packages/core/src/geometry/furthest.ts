import { normBetween } from '../tensor/norm.js';
import { expectBall, type NormBall } from './ball.js';

/**
 * Returns the point of the ball whose dot product with the direction is greatest: it has the radius as its norm, and the dot product is
 * the radius times the dual norm of the direction. 'linf': the signs of the direction. 'l1': one element, the first of the largest. For a
 * direction of zeros the point is 0. Throws `option-value` for a radius that is negative or not finite and for an order below 1.
 * Source: the case of equality of Hölder's inequality.
 */
export function furthestAlong(direction: ArrayLike<number>, ball: NormBall): Float64Array {
  const p = expectBall('furthestAlong', ball);
  const point = Float64Array.from(direction);
  const most = normBetween(point, Number.POSITIVE_INFINITY, { from: 0, to: point.length });
  if (most === 0) return point;
  if (p === 1) {
    const first = point.findIndex((v) => Math.abs(v) === most);
    return point.map((v, i) => (i === first ? Math.sign(v) * ball.radius : 0));
  }
  // Of p = Infinity the power is 0, which gives signs, also of the smallest numbers.
  const power = p === Number.POSITIVE_INFINITY ? 0 : 1 / (p - 1);
  const sized = point.map((v) => (v === 0 ? 0 : Math.sign(v) * (Math.abs(v) / most) ** power));
  const length = normBetween(sized, p, { from: 0, to: sized.length });
  return sized.map((v) => (v / length) * ball.radius);
}
