import type { Tensor } from '../tensor/tensor.js';
import { isWorthKernels } from './four-rows.js';
import { kernels } from './instance.js';

/** The sum of squared differences of each of some arrays to another one of as many elements, in float64, in the order of the elements. */
export function squaredDistances(rows: readonly Tensor['data'][], to: Tensor['data']): Float64Array {
  const totals = new Float64Array(rows.length);
  const floats = rows.filter((row) => row instanceof Float32Array);
  if (floats.length === rows.length && isWorthKernels(to.length)) addByFours(totals, floats, to);
  else
    rows.forEach((row, i) => {
      totals[i] = squaredDistance(row, to);
    });
  return totals;
}

/** The sum of squared differences of two arrays. */
export function squaredDistance(left: Tensor['data'], right: Tensor['data']): number {
  const size = left.length;
  let squares = 0;
  for (let j = 0; j < size; j++) {
    const difference = left[j] - right[j];
    squares += difference * difference;
  }
  return squares;
}

function addByFours(totals: Float64Array, rows: readonly Float32Array[], to: Tensor['data']): void {
  const all = kernels();
  for (let from = 0; from < to.length; from += all.columns) {
    const end = Math.min(to.length, from + all.columns);
    const width = end - from;
    all.first.set(to.subarray(from, end));
    for (let first = 0; first < rows.length; first += 4) {
      const four = rows.slice(first, first + 4);
      four.forEach((row, i) => {
        all.rows.set(row.subarray(from, end), i * width);
      });
      all.totals.set(totals.subarray(first, first + 4));
      all.addSquares(width, 4 * width);
      totals.set(all.totals.subarray(0, four.length), first);
    }
  }
}
