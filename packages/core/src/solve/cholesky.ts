import { addRowProducts } from '../rows/tile.js';

/** Columns that are finished at a time: their rows stay in the cache. */
const BLOCK = 64;

/** Smallest pivot that counts, relative to the largest diagonal element: k·2⁻⁵², the rounding of a sum of k terms. */
export const roundingOf = (k: number): number => k * Number.EPSILON;

/**
 * Lower triangle L with K = L·Lᵀ, row major [k, k] (the upper triangle is left over); undefined when a pivot is lost
 * in rounding, so that K is not clearly positive definite. K is not changed.
 */
export function cholesky(matrix: Float64Array, k: number): Float64Array | undefined {
  const factor = matrix.slice();
  const least = roundingOf(k) * largestDiagonal(matrix, k);
  for (let from = 0; from < k; from += BLOCK) {
    const to = Math.min(k, from + BLOCK);
    // K[i, j] -= the product of rows i and j in the finished columns.
    addRowProducts({
      left: factor,
      right: factor,
      stride: k,
      rows: [from, k],
      columns: [from, to],
      inner: [0, from],
      out: factor,
      width: k,
      sign: -1,
    });
    if (!finishColumns(factor, { k, from, to, least })) return undefined;
  }
  return factor;
}

function largestDiagonal(matrix: Float64Array, k: number): number {
  let most = 0;
  for (let i = 0; i < k; i++) most = Math.max(most, matrix[i * k + i]);
  return most;
}

interface Columns {
  readonly k: number;
  readonly from: number;
  readonly to: number;
}

/** The ordinary factorisation within the block; false when a pivot is too small. */
function finishColumns(l: Float64Array, { k, from, to, least }: Columns & { least: number }): boolean {
  for (let i = from; i < k; i++) {
    const a = i * k;
    const end = Math.min(i + 1, to);
    for (let j = from; j < end; j++) {
      const b = j * k;
      let sum = l[a + j];
      for (let m = from; m < j; m++) sum -= l[a + m] * l[b + m];
      if (i !== j) l[a + j] = sum / l[b + j];
      else if (sum > least) l[a + j] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L·Lᵀ·z = right for z. */
export function choleskySolve(l: Float64Array, right: Float64Array): Float64Array {
  const k = right.length;
  const z = right.slice();
  for (let i = 0; i < k; i++) {
    let sum = z[i];
    for (let j = 0; j < i; j++) sum -= l[i * k + j] * z[j];
    z[i] = sum / l[i * k + i];
  }
  for (let i = k - 1; i >= 0; i--) {
    z[i] /= l[i * k + i];
    for (let j = 0; j < i; j++) z[j] -= l[i * k + j] * z[i];
  }
  return z;
}

/** L [k, rank] row major with K = L·Lᵀ to rounding. */
export interface LowRank {
  readonly factor: Float64Array;
  readonly rank: number;
}

/**
 * Cholesky with diagonal pivoting, stopped when all that is left is rounding: K = L·Lᵀ with as many columns as K has
 * numerical rank. Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 10.3.
 */
export function pivotedCholesky(matrix: Float64Array, k: number): LowRank {
  const left = Float64Array.from({ length: k }, (_, i) => matrix[i * k + i]);
  const least = roundingOf(k) * largestDiagonal(matrix, k);
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

/** What the columns so far leave of column `pivot` of the matrix. */
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
