import { addRowProducts } from '../rows/tile.js';
import type { System } from '../types/solver.js';
import { largestDiagonal, relativeRounding } from './cholesky.js';

/** L [k, rank], row major, with K = L·Lᵀ up to what counts as zero. */
export interface LowRank {
  readonly factor: Float64Array;
  readonly rank: number;
}

/**
 * Cholesky with diagonal pivoting, stopped when no diagonal element that is left is above `zero` (default: rounding of K, k·2⁻⁵²
 * of its largest): K = L·Lᵀ with as many columns as K has numerical rank. Source: Higham, "Accuracy and Stability of Numerical
 * Algorithms", 2nd ed., section 10.3.
 */
export function pivotedCholesky({ matrix, k }: System, zero = 0): LowRank {
  const left = Float64Array.from({ length: k }, (_, i) => matrix[i * k + i]);
  const least = Math.max(zero, relativeRounding(k) * largestDiagonal(matrix, k));
  const wide = new Float64Array(k * k);
  let rank = 0;
  for (let pivot = indexOfLargest(left); rank < k && left[pivot] > least; pivot = indexOfLargest(left)) {
    const column = nextColumn(matrix, wide, { k, rank, pivot });
    const root = Math.sqrt(left[pivot]);
    for (let i = 0; i < k; i++) {
      const entry = column[i] / root;
      wide[i * k + rank] = entry;
      left[i] -= entry * entry;
    }
    left[pivot] = 0;
    rank++;
  }
  const factor = new Float64Array(k * rank);
  for (let i = 0; i < k; i++) factor.set(wide.subarray(i * k, i * k + rank), i * rank);
  return { factor, rank };
}

/** Column `pivot` of the matrix less the part that the columns so far explain. */
function nextColumn(
  matrix: Float64Array,
  wide: Float64Array,
  { k, rank, pivot }: { readonly k: number; readonly rank: number; readonly pivot: number },
): Float64Array {
  const column = matrix.slice(pivot * k, (pivot + 1) * k);
  addRowProducts({
    left: wide,
    right: wide,
    stride: k,
    rows: [pivot, pivot + 1],
    columns: [0, k],
    inner: [0, rank],
    out: column,
    width: 0,
    sign: -1,
  });
  return column;
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
