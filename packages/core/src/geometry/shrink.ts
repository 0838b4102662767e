import { normBetween } from '../tensor/norm.js';
import { decreasingRoot } from './root.js';

/** The magnitudes of a point, and the most that each may be: 0 for elements that stay 0, Infinity for those without a limit. */
export interface Magnitudes {
  readonly sizes: Float64Array;
  readonly limits: Float64Array;
}

/**
 * Replaces sizes by those of the nearest point whose sizes are at most the limits and have a p-norm of at most the radius. The
 * conditions of Karush, Kuhn and Tucker give each size as min(limit, t), where t + λ·t^(p-1) is the size before. One λ >= 0 for all
 * elements gives the norm its radius. For p = 1 that is t = size - λ, for p = 2 a common factor.
 */
export function shrinkOnto(point: Magnitudes, p: number, radius: number): void {
  const { sizes, limits } = point;
  if (p === Number.POSITIVE_INFINITY) {
    for (let i = 0; i < sizes.length; i++) sizes[i] = Math.min(sizes[i], limits[i], radius);
    return;
  }
  if (radius === 0) {
    sizes.fill(0);
    return;
  }
  if (clippedIsInside(point, p, radius)) {
    for (let i = 0; i < sizes.length; i++) sizes[i] = Math.min(sizes[i], limits[i]);
    return;
  }
  if (p === 2) scale(point, radius);
  else if (p === 1) subtract(point, radius);
  else shrinkByPowers(point, p, radius);
}

/** Whether the sizes have a norm of at most the radius once they are cut at the limits. Powers are taken in units of the radius. */
function clippedIsInside({ sizes, limits }: Magnitudes, p: number, radius: number): boolean {
  let powers = 0;
  // A power whose exponent is not known beforehand takes many times as long as a product.
  for (let i = 0; i < sizes.length; i++) {
    const share = Math.min(sizes[i], limits[i]) / radius;
    powers += p === 2 ? share * share : share ** p;
  }
  return powers <= 1;
}

/**
 * p = 2. The elements at their limits grow in number with the factor of the others. From the smallest factor on, which none is at, each
 * round computes the factor from those at their limits so far. It ends after as many rounds as elements at most, as a rule after a few.
 */
function scale({ sizes, limits }: Magnitudes, radius: number): void {
  const inverse = 1 / unitOf(largestOf(sizes));
  let factor = 0;
  for (;;) {
    let scaled = 0;
    let held = 0;
    for (let i = 0; i < sizes.length; i++) {
      const isHeld = factor * sizes[i] >= limits[i];
      const share = (isHeld ? limits[i] : sizes[i]) * inverse;
      if (isHeld) held += share * share;
      else scaled += share * share;
    }
    const next = Math.sqrt(((radius * inverse) ** 2 - held) / scaled);
    if (scaled === 0 || !(next > factor)) break;
    factor = next;
  }
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.min(limits[i], factor * sizes[i]);
}

function largestOf(sizes: Float64Array): number {
  let most = 0;
  for (let i = 0; i < sizes.length; i++) if (sizes[i] > most) most = sizes[i];
  return most;
}

/** The unit in which numbers up to `most` are squared without over- or underflow: 1 where that is safe. */
function unitOf(most: number): number {
  return most > 1e-100 && most < 1e100 ? 1 : Math.max(most, 1e-300);
}

/**
 * p = 1. The sum of the sizes falls piecewise linearly in λ, so that Newton's steps end at the exact λ. It is counted from the largest
 * size, because a radius that is far smaller would be lost in rounding otherwise.
 */
function subtract({ sizes, limits }: Magnitudes, radius: number): void {
  const most = largestOf(sizes);
  const shift = decreasingRoot(
    (fromMost, at) => {
      let sum = 0;
      let moving = 0;
      for (let i = 0; i < sizes.length; i++) {
        const left = sizes[i] - most - fromMost;
        if (left <= 0) continue;
        if (left < limits[i]) moving++;
        sum += Math.min(limits[i], left);
      }
      at.value = sum / radius - 1;
      at.slope = -moving / radius;
    },
    [-most, 0],
  );
  for (let i = 0; i < sizes.length; i++) {
    sizes[i] = Math.min(limits[i], Math.max(0, sizes[i] - most - shift));
  }
}

/**
 * Any other p, in units of the radius. With q the order of the dual norm, (Σ t^p)^(-1/q) is nearly linear in λ, so Newton's method finds
 * where it is 1 in a few steps. From λ = ‖sizes‖_q on the norm is below 1.
 */
function shrinkByPowers({ sizes, limits }: Magnitudes, p: number, radius: number): void {
  const q = p / (p - 1);
  for (let i = 0; i < sizes.length; i++) sizes[i] /= radius;
  const lambda = decreasingRoot(
    (weight, at) => {
      let powers = 0;
      let change = 0;
      for (let i = 0; i < sizes.length; i++) {
        const t = proximal(sizes[i], weight, p);
        const limit = limits[i] / radius;
        powers += Math.min(limit, t) ** p;
        if (t > 0 && t < limit) change -= (p * t ** (2 * p - 2)) / (1 + weight * (p - 1) * t ** (p - 2));
      }
      at.value = 1 - powers ** (-1 / q);
      at.slope = (powers ** (-1 / q - 1) * change) / q;
    },
    [0, normBetween(sizes, q, { from: 0, to: sizes.length })],
  );
  for (let i = 0; i < sizes.length; i++)
    sizes[i] = Math.min(limits[i], radius * proximal(sizes[i], lambda, p));
}

/** Steps after which Newton's method has converged for every size and weight that float64 holds. */
const STEPS = 100;

/** The t with t + weight·t^(p-1) = size, by Newton's method from the side from which no step overshoots. */
function proximal(size: number, weight: number, p: number): number {
  if (weight === 0 || size === 0) return size;
  const bound = (share: number) => Math.min(share * size, ((share * size) / weight) ** (1 / (p - 1)));
  let t = bound(p < 2 ? 0.5 : 1);
  for (let i = 0; i < STEPS && t > 0; i++) {
    const power = weight * t ** (p - 1);
    const step = (t + power - size) / (1 + ((p - 1) * power) / t);
    t -= step;
    if (Math.abs(step) <= Number.EPSILON * t) break;
  }
  return t;
}
