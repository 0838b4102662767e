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
    subtractFinished(factor, { k, from, to });
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

/** K[i, j] -= the product of rows i and j in the finished columns, for j in the block and i below; four at a time. */
function subtractFinished(l: Float64Array, { k, from, to }: Columns): void {
  for (let i = from; i < k; i += 2) {
    const a0 = i * k;
    const a1 = Math.min(i + 1, k - 1) * k;
    for (let j = from; j < to; j += 2) {
      const b0 = j * k;
      const b1 = Math.min(j + 1, to - 1) * k;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      for (let m = 0; m < from; m++) {
        const x0 = l[a0 + m];
        const x1 = l[a1 + m];
        const y0 = l[b0 + m];
        const y1 = l[b1 + m];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      l[a0 + j] -= s00;
      if (b1 > b0) l[a0 + j + 1] -= s01;
      if (a1 > a0) l[a1 + j] -= s10;
      if (a1 > a0 && b1 > b0) l[a1 + j + 1] -= s11;
    }
  }
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
  const columns: Float64Array[] = [];
  for (;;) {
    const pivot = indexOfLargest(left);
    if (columns.length === k || !(left[pivot] > least)) break;
    const column = matrix.slice(pivot * k, (pivot + 1) * k);
    for (const earlier of columns) {
      const weight = earlier[pivot];
      for (let i = 0; i < k; i++) column[i] -= weight * earlier[i];
    }
    const root = Math.sqrt(left[pivot]);
    for (let i = 0; i < k; i++) {
      column[i] /= root;
      left[i] -= column[i] * column[i];
    }
    left[pivot] = 0;
    columns.push(column);
  }
  const rank = columns.length;
  const factor = Float64Array.from(
    { length: k * rank },
    (_, at) => columns[at % rank][Math.floor(at / rank)],
  );
  return { factor, rank };
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
