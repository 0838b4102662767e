import { blocks } from './array.js';
import type { EvalRow } from './call.js';

/** Gaussian elimination with row pivoting: the product of the pivots, negated for every exchange of rows. */
function determinant(matrix: Float64Array, n: number): number {
  const a = matrix.slice();
  const row = (i: number) => a.subarray(i * n, (i + 1) * n);
  let product = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(row(i)[k]) > Math.abs(row(pivot)[k])) pivot = i;
    if (row(pivot)[k] === 0) return 0;
    if (pivot !== k) {
      const swapped = row(k).slice();
      row(k).set(row(pivot));
      row(pivot).set(swapped);
      product = -product;
    }
    product *= row(k)[k];
    for (let i = k + 1; i < n; i++) {
      const factor = row(i)[k] / row(k)[k];
      for (let j = k; j < n; j++) row(i)[j] -= factor * row(k)[j];
    }
  }
  return product;
}

/** [..., n, n] -> [...]. */
export const det: EvalRow = (call) => {
  const x = call.input(0);
  const [rows, columns] = x.dims.slice(-2);
  if (rows !== columns) call.refuse('shape-mismatch', 'square matrices', `[${x.dims}]`);
  const dims = x.dims.slice(0, -2);
  const matrix = blocks(x.data, rows * columns);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return {
    dtype: x.dtype,
    dims,
    data: Float64Array.from({ length: count }, (_, i) => determinant(matrix(i), rows)),
  };
};
