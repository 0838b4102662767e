import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { tensor, toFloat64 } from '../tensor/tensor.js';
import type { Products } from '../types.js';
import { choleskySolve } from './cholesky.js';
import { symmetricEigen } from './eigen.js';
import type { System } from './system.js';

/** Products with the matrix, and with its inverse. */
const STEPS = 8;

/**
 * Ratio of the largest to the smallest eigenvalue of K = L·Lᵀ, from below: the Lanczos method on K and on its inverse,
 * from one fixed random start.
 */
export async function conditionOf(
  { matrix, k }: System,
  factor: Float64Array,
  products: Products,
): Promise<number> {
  const whole = tensor(matrix, [k, k]);
  const largest = await largestEigenvalue(k, async (v) => {
    const image = await products.timesTranspose(tensor(v, [1, k]), whole);
    return toFloat64(image).data;
  });
  const inverseSmallest = await largestEigenvalue(k, async (v) => choleskySolve(factor, v));
  return Math.max(1, largest * inverseSmallest);
}

/**
 * The largest eigenvalue of the operator within the span of v, Av, A²v, ...: of the matrix VᵀAV with V an orthonormal basis of it.
 * Source: Golub and Van Loan, "Matrix Computations", 4th ed., section 10.1.
 */
async function largestEigenvalue(
  k: number,
  apply: (v: Float64Array) => Promise<Float64Array>,
): Promise<number> {
  const basis: Float64Array[] = [];
  const images: Float64Array[] = [];
  const start = new Float32Array(k);
  stream(key(0)).fillNormal(start);
  let next: Float64Array = Float64Array.from(start);
  for (let length = lengthOf(next); basis.length < Math.min(STEPS, k) && length > 0; ) {
    const unit = next.map((value) => value / length);
    const image = await apply(unit);
    basis.push(unit);
    images.push(image);
    next = withoutPartsAlong(basis, image);
    length = lengthOf(next);
    // What is left of the image is rounding: the span is complete.
    if (length <= k * Number.EPSILON * lengthOf(image)) break;
  }
  const small = Float64Array.from(basis.flatMap((v) => images.map((image) => dotOf(v, image))));
  return symmetricEigen(small, basis.length).values.reduce((most, value) => Math.max(most, value), 0);
}

/** Gram-Schmidt, one direction after the other. */
function withoutPartsAlong(basis: readonly Float64Array[], v: Float64Array): Float64Array {
  const rest = v.slice();
  for (const direction of basis) {
    const along = dotOf(direction, rest);
    for (let i = 0; i < rest.length; i++) rest[i] -= along * direction[i];
  }
  return rest;
}

function lengthOf(v: Float64Array): number {
  return Math.sqrt(dotOf(v, v));
}

export function dotOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
