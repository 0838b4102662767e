import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { timesVector } from '../rows/vector.js';
import { tensor } from '../tensor/tensor.js';
import type { System } from '../types/solver.js';
import { choleskySolve, relativeRounding } from './cholesky.js';
import { symmetricEigen } from './eigen.js';

/** Products with the matrix, and with its inverse. */
const STEPS = 12;
/** A vector that loses more than this of its length to a basis that it was orthogonal to was rounding. */
const KEPT = 0.5;

/** The ends of a spectrum, both from within it: the largest eigenvalue is at least `largest`, the smallest at most `smallest`. */
export interface Extremes {
  readonly largest: number;
  readonly smallest: number;
}

/** The ends of the spectrum of K + lift·1 = L·Lᵀ: the Lanczos method on K and on the inverse, from one fixed random start. */
export function extremesOf({ matrix, k }: System, factor: Float64Array, lift = 0): Extremes {
  const whole = tensor(matrix, [k, k]);
  const largest = lift + largestEigenvalue(k, (v) => timesVector(whole, v));
  return { largest, smallest: 1 / largestEigenvalue(k, (v) => choleskySolve(factor, v)) };
}

/**
 * The condition of a system of k unknowns, never above the true one: float64 knows the smallest eigenvalue only to k·2⁻⁵² of the
 * largest, which is added to it.
 */
export function conditionOf({ largest, smallest }: Extremes, k: number): number {
  return Math.max(1, 1 / (smallest / largest + relativeRounding(k)));
}

/**
 * The largest eigenvalue of the operator within the span of v, Av, A²v, ...: of the matrix VᵀAV with V an orthonormal basis of it,
 * which is never above the operator's. Source: Golub and Van Loan, "Matrix Computations", 4th ed., section 10.1; each vector is
 * orthogonalised twice, section 10.3.1, because one pass leaves rounding that would count an eigenvector again.
 */
function largestEigenvalue(k: number, apply: (v: Float64Array) => Float64Array): number {
  const basis: Float64Array[] = [];
  const images: Float64Array[] = [];
  const start = new Float32Array(k);
  stream(key(0)).fillNormal(start);
  let next: Float64Array | undefined = unitOf(Float64Array.from(start));
  while (next !== undefined && basis.length < Math.min(STEPS, k)) {
    const image = apply(next);
    basis.push(next);
    images.push(image);
    next = nextBasisVector(basis, image);
  }
  const small = Float64Array.from(basis.flatMap((v) => images.map((image) => dotOf(v, image))));
  return symmetricEigen(small, basis.length).values.reduce((most, value) => Math.max(most, value), 0);
}

/** The unit vector along the part of v outside the span of the basis; undefined when that part is rounding: the span is complete. */
function nextBasisVector(basis: readonly Float64Array[], v: Float64Array): Float64Array | undefined {
  const once = orthogonalise(basis, v);
  if (lengthOf(once) <= v.length * Number.EPSILON * lengthOf(v)) return undefined;
  const twice = orthogonalise(basis, once);
  return lengthOf(twice) < KEPT * lengthOf(once) ? undefined : unitOf(twice);
}

/** Gram-Schmidt, one direction after the other. */
function orthogonalise(basis: readonly Float64Array[], v: Float64Array): Float64Array {
  const rest = v.slice();
  for (const direction of basis) {
    const along = dotOf(direction, rest);
    for (let i = 0; i < rest.length; i++) rest[i] -= along * direction[i];
  }
  return rest;
}

function unitOf(v: Float64Array): Float64Array {
  const length = lengthOf(v);
  return v.map((value) => value / length);
}

function lengthOf(v: Float64Array): number {
  return Math.sqrt(dotOf(v, v));
}

export function dotOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
