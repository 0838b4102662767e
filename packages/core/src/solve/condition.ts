import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { timesVector } from '../rows/vector.js';
import { choleskySolve } from './cholesky.js';
import type { System } from './solver.js';

const ITERATIONS = 15;

/**
 * Ratio of the largest to the smallest eigenvalue of K = L·Lᵀ, from below: power iteration on K and on its inverse,
 * from one fixed random start.
 */
export function conditionOf({ matrix, k }: System, factor: Float64Array): number {
  const largest = powerIteration(k, (v) => timesVector({ shape: [k, k], data: matrix }, v));
  const inverseSmallest = powerIteration(k, (v) => choleskySolve(factor, v));
  return Math.max(1, largest * inverseSmallest);
}

function powerIteration(k: number, apply: (v: Float64Array) => Float64Array): number {
  let v: Float64Array = new Float64Array(k);
  stream(key(0)).fillNormal(v);
  let size = Math.sqrt(dotOf(v, v));
  for (let i = 0; i < ITERATIONS; i++) {
    const unit = v.map((value) => value / size);
    v = apply(unit);
    size = Math.sqrt(dotOf(v, v));
    if (size === 0) return 0;
  }
  return size;
}

export function dotOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
