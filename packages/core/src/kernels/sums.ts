import { loadRows, type Matrix } from './four-rows.js';
import { kernels } from './instance.js';

/** out += Aᵀ·c for a matrix A of float32, whose rows are added four at a time. Four rows whose numbers in c are 0 cost nothing. */
export function addWeightedRows(matrix: Matrix, c: Float64Array, out: Float64Array): void {
  const all = kernels();
  const size = out.length;
  for (let from = 0; from < size; from += all.columns) {
    const to = Math.min(size, from + all.columns);
    all.first.set(out.subarray(from, to));
    for (let first = 0; first < matrix.n; first += 4) {
      const [u, v = 0, w = 0, z = 0] = c.subarray(first, first + 4);
      if (u === 0 && v === 0 && w === 0 && z === 0) continue;
      const stride = loadRows(all, matrix, { first, from, to });
      all.addWeighted(to - from, stride, u, v, w, z);
    }
    out.set(all.first.subarray(0, to - from), from);
  }
}
