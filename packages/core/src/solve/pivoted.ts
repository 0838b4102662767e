import type { System } from '../types/solver.js';
import { largestDiagonal, relativeRounding } from './cholesky.js';

/** L [k, rank], row major, with K = L·Lᵀ up to what counts as zero. */
export interface LowRank {
  readonly factor: Float64Array;
  readonly rank: number;
}

/**
 * Cholesky with diagonal pivoting, stopped when no diagonal element that is left is above `zero` (default: rounding of K, k·2⁻⁵²
 * of its largest): K = L·Lᵀ with as many columns as K has numerical rank. Rows of pivots move to the front, so that a column is computed
 * only for the others: k·rank²/2 - rank³/3 products in all. Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed.,
 * section 10.3.
 */
export function pivotedCholesky({ matrix, k }: System, zero = 0): LowRank {
  const order = Int32Array.from({ length: k }, (_, i) => i);
  const left = Float64Array.from(order, (i) => matrix[i * k + i]);
  const least = Math.max(zero, relativeRounding(k) * largestDiagonal(matrix, k));
  const rows: Rows = { data: new Float64Array(k * k), k };
  const column = new Float64Array(k);
  let rank = 0;
  for (let pivot = largestFrom(left, 0); rank < k && left[pivot] > least; pivot = largestFrom(left, rank)) {
    for (const values of [order, left]) [values[pivot], values[rank]] = [values[rank], values[pivot]];
    swapRows(rows, { a: pivot, b: rank, length: rank });
    for (let i = rank; i < k; i++) column[i] = matrix[order[rank] * k + order[i]];
    subtractExplained(rows, rank, column);
    const root = Math.sqrt(left[rank]);
    for (let i = rank; i < k; i++) {
      const entry = column[i] / root;
      rows.data[i * k + rank] = entry;
      left[i] -= entry * entry;
    }
    rank++;
  }
  const factor = new Float64Array(k * rank);
  for (let i = 0; i < k; i++) factor.set(rows.data.subarray(i * k, i * k + rank), order[i] * rank);
  return { factor, rank };
}

/** Rows of k numbers each. */
interface Rows {
  readonly data: Float64Array;
  readonly k: number;
}

/** Exchanges the first `length` numbers of two rows. */
function swapRows({ data, k }: Rows, { a, b, length }: { a: number; b: number; length: number }): void {
  if (a === b) return;
  const kept = data.slice(a * k, a * k + length);
  data.copyWithin(a * k, b * k, b * k + length);
  data.set(kept, b * k);
}

/**
 * column[i] -= (row i)·(row `rank`) over their first `rank` numbers, for i from `rank` on. Four rows at a time, because reading takes the
 * time; at the end the last row takes the place of those that are missing.
 */
function subtractExplained({ data, k }: Rows, rank: number, column: Float64Array): void {
  const last = k - 1;
  const own = rank * k;
  for (let i = rank; i < k; i += 4) {
    const a = i * k;
    const b = Math.min(i + 1, last) * k;
    const c = Math.min(i + 2, last) * k;
    const d = Math.min(i + 3, last) * k;
    let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
    for (let j = 0; j < rank; j++) {
      const pivot = data[own + j];
      sumA += data[a + j] * pivot;
      sumB += data[b + j] * pivot;
      sumC += data[c + j] * pivot;
      sumD += data[d + j] * pivot;
    }
    column[i] -= sumA;
    if (i + 1 < k) column[i + 1] -= sumB;
    if (i + 2 < k) column[i + 2] -= sumC;
    if (i + 3 < k) column[i + 3] -= sumD;
  }
}

/** The index of the largest number from `from` on. */
function largestFrom(values: Float64Array, from: number): number {
  let best = from;
  for (let i = from + 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
