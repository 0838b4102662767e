import { row, rows } from '../tensor/rows.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import type { Products } from '../types/score.js';
import type { System } from '../types/solver.js';

/** Columns that are finished at a time by plain loops; everything else is products. */
const BLOCK = 128;
/** Smallest pivot that counts, relative to the largest diagonal element: k·2⁻⁵², the rounding of a sum of k terms. */
export const relativeRounding = (k: number): number => k * Number.EPSILON;

/**
 * Lower triangle L with K + lift·1 = L·Lᵀ, row major [k, k] with zeros above the diagonal; undefined when a pivot is lost
 * in rounding, so that it is not clearly positive definite. K is not changed. Of its k³/3 operations all but k·BLOCK² are in
 * `products`: the columns go from left to right, BLOCK at a time, less what the finished columns explain of them. Source: Golub and Van
 * Loan, "Matrix Computations", 4th ed., section 4.2.6 (block Cholesky).
 */
export async function cholesky(
  { matrix, k }: System,
  products: Products,
  lift = 0,
): Promise<Float64Array | undefined> {
  const l = new Float64Array(k * k);
  const finished = finishedColumns(l, k);
  const least = relativeRounding(k) * (lift + largestDiagonal(matrix, k));
  for (let from = 0; from < k; from += BLOCK) {
    const block = { k, from, to: Math.min(k, from + BLOCK) };
    const left = finished(from);
    const explained = await products.timesTranspose(left, rows(left, 0, block.to - from));
    writeBlock(l, { matrix, lift, explained: explained.data, ...block });
    if (!factorDiagonalBlock(l, { ...block, least })) return undefined;
    if (block.to === k) break;
    const panel = await products.timesTranspose(readBelow(l, block), inverseOfDiagonal(l, block));
    writeBelow(l, block, panel);
  }
  return l;
}

/**
 * Returns a function that copies columns 0 to `from` (exclusive) of the rows from there on: [k - from, from]. The next call uses the memory
 * again.
 */
function finishedColumns(l: Float64Array, k: number): (from: number) => Tensor {
  const memory = new Float64Array(Math.floor((k * k) / 4));
  return (from) => {
    for (let i = from; i < k; i++) memory.set(l.subarray(i * k, i * k + from), (i - from) * from);
    return tensor(memory.subarray(0, (k - from) * from), [k - from, from]);
  };
}

export function largestDiagonal(matrix: Float64Array, k: number): number {
  let most = 0;
  for (let i = 0; i < k; i++) most = Math.max(most, matrix[i * k + i]);
  return most;
}

interface Block {
  readonly k: number;
  readonly from: number;
  readonly to: number;
}

interface BlockValues extends Block {
  readonly matrix: Float64Array;
  readonly lift: number;
  /** What the finished columns explain of the block's columns, from its first row on. */
  readonly explained: Tensor['data'];
}

/** Writes the lower triangle of the columns of a block, less what is explained. */
function writeBlock(l: Float64Array, { matrix, lift, explained, k, from, to }: BlockValues): void {
  const width = to - from;
  for (let i = from; i < k; i++) {
    const [at, end] = [(i - from) * width - from, Math.min(i + 1, to)];
    for (let j = from; j < end; j++) l[i * k + j] = matrix[i * k + j] - explained[at + j];
    if (i < to) l[i * k + i] += lift;
  }
}

/** The ordinary factorisation of a block on the diagonal; false when a pivot is too small. */
function factorDiagonalBlock(l: Float64Array, { k, from, to, least }: Block & { least: number }): boolean {
  for (let i = from; i < to; i++) {
    const a = i * k;
    for (let j = from; j <= i; j++) {
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

/** The inverse of a finished block on the diagonal, lower triangular. */
function inverseOfDiagonal(l: Float64Array, { k, from, to }: Block): Tensor {
  const size = to - from;
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const a = (from + i) * k + from;
    const at = i * size;
    const pivot = l[a + i];
    for (let j = 0; j < i; j++) {
      const factor = l[a + j] / pivot;
      for (let m = 0; m <= j; m++) inverse[at + m] -= factor * inverse[j * size + m];
    }
    inverse[at + i] = 1 / pivot;
  }
  return tensor(inverse, [size, size]);
}

/** What lies below a block on the diagonal, [k - to, to - from]. */
function readBelow(l: Float64Array, { k, from, to }: Block): Tensor {
  const width = to - from;
  const out = new Float64Array((k - to) * width);
  for (let i = to; i < k; i++) out.set(l.subarray(i * k + from, i * k + to), (i - to) * width);
  return tensor(out, [k - to, width]);
}

function writeBelow(l: Float64Array, { k, from, to }: Block, panel: Tensor): void {
  for (let i = to; i < k; i++) l.set(row(panel, i - to).data, i * k + from);
}

/** Solves L·Lᵀ·z = right for z. */
export function choleskySolve(l: Float64Array, right: Float64Array): Float64Array {
  const k = right.length;
  const z = right.slice();
  for (let i = 0; i < k; i++) z[i] = (z[i] - dotUpTo(l, z, { at: i * k, length: i })) / l[i * k + i];
  for (let end = k; end > 0; end -= 4) solveFourBackward(l, z, { from: Math.max(0, end - 4), to: end });
  return z;
}

/** Divides z[from..to), at most four numbers, by their triangle of Lᵀ, and takes their part from all z before them at once. */
function solveFourBackward(
  l: Float64Array,
  z: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  const k = z.length;
  for (let i = to - 1; i >= from; i--) {
    z[i] /= l[i * k + i];
    for (let j = from; j < i; j++) z[j] -= l[i * k + j] * z[i];
  }
  const [z0, z1 = 0, z2 = 0, z3 = 0] = z.subarray(from, to);
  for (let j = 0; j < from; j++) {
    const at = from * k + j;
    z[j] -= l[at] * z0 + l[at + k] * z1 + l[at + 2 * k] * z2 + l[at + 3 * k] * z3;
  }
}

/** Of l from `at` on with the first `length` numbers of z, in four sums that do not wait for each other. */
function dotUpTo(
  l: Float64Array,
  z: Float64Array,
  { at, length }: { readonly at: number; readonly length: number },
): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = 0;
  for (; j + 4 <= length; j += 4) {
    s0 += l[at + j] * z[j];
    s1 += l[at + j + 1] * z[j + 1];
    s2 += l[at + j + 2] * z[j + 2];
    s3 += l[at + j + 3] * z[j + 3];
  }
  for (; j < length; j++) s0 += l[at + j] * z[j];
  return s0 + s1 + (s2 + s3);
}
