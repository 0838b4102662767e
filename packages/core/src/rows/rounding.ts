import type { Tensor } from '../tensor/tensor.js';

/** Distance between 1 and the next float32 number: twice the largest relative error of rounding to float32. */
const EPSILON32 = 2 ** -23;

/**
 * Returns an upper bound of the Euclidean length of the error that rounding to float32 made in any row of a matrix [n, d]: 2⁻²³ times the
 * longest row. It is 0 for float64 numbers, and for whole numbers such as those of masks, which float32 holds exactly.
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
