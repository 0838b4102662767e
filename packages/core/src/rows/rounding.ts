import type { Tensor } from '../tensor/tensor.js';

/** Distance between 1 and the next float32 number: twice the largest relative error of rounding to float32. */
const EPSILON32 = 2 ** -23;

/**
 * Bound of what rounding to float32 changed in any row of a matrix [n, d], as a Euclidean length: 2⁻²³ times the longest row.
 * 0 for float64 numbers, whose rounding is that of the computation, and for whole numbers, which masks are: those are exact.
 */
export function roundingOfRows({ shape: [n, d], data }: Tensor): number {
  if (data instanceof Float64Array || data.every((value) => Number.isInteger(value))) return 0;
  let most = 0;
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let j = i * d; j < (i + 1) * d; j++) square += data[j] ** 2;
    most = Math.max(most, square);
  }
  return EPSILON32 * Math.sqrt(most);
}
