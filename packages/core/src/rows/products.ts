import { fail } from '../error.js';
import { showShape, type Tensor, toFloat64 } from '../tensor/tensor.js';
import type { Products } from '../types.js';

/** Elements of a row that are multiplied at a time, so that eight pieces of rows stay in the first-level cache. */
const PIECE = 512;

/** Dense products by plain loops on the main thread, about 1e9 multiplications a second; a·aᵀ costs half. */
export const plainProducts: Products = {
  transposeTimes: async (a, b) => {
    const left = transpose(a);
    return timesTranspose(left, a === b ? left : transpose(b));
  },
  timesTranspose: async (a, b) => timesTranspose(a, b),
};

/** aᵀ·a for a [n, p] row major: [p, p], by the same loops. */
export function gram(a: Float64Array, p: number): Float64Array {
  const columns = transpose({ shape: [a.length / p, p], data: a });
  return timesTranspose(columns, columns).data;
}

/** The transpose of a matrix, in float64. */
export function transpose(t: Tensor): Tensor {
  const [n, p] = matrixShape('transpose', t);
  const out = new Float64Array(n * p);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < p; j++) out[j * n + i] = t.data[i * p + j];
  }
  return { shape: [p, n], data: out };
}

function matrixShape(where: string, t: Tensor): readonly [n: number, p: number] {
  const [n, p] = t.shape;
  if (t.shape.length !== 2) {
    fail({ code: 'tensor-shape', where, expected: 'a matrix', got: `shape ${showShape(t.shape)}` });
  }
  return [n, p];
}

function timesTranspose(a: Tensor, b: Tensor): Tensor & { readonly data: Float64Array } {
  const [n, p] = matrixShape('timesTranspose', a);
  const [m, q] = matrixShape('timesTranspose', b);
  if (p !== q) {
    fail({
      code: 'tensor-shape',
      where: 'timesTranspose',
      expected: `rows of ${p} elements on both sides`,
      got: `${showShape(a.shape)} and ${showShape(b.shape)}`,
    });
  }
  const out = new Float64Array(n * m);
  const symmetric = a === b;
  const [left, right] = [toFloat64(a).data, toFloat64(b).data];
  for (let from = 0; from < p; from += PIECE) {
    const span = { p, m, from, to: Math.min(p, from + PIECE) };
    for (let i = 0; i < n; i += 2) {
      for (let j = symmetric ? i : 0; j < m; j += 2) addTile(out, { left, right, i, j, n, ...span });
    }
  }
  if (symmetric) mirror(out, n);
  return { shape: [n, m], data: out };
}

interface Tile {
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly i: number;
  readonly j: number;
  readonly n: number;
  readonly m: number;
  readonly p: number;
  readonly from: number;
  readonly to: number;
}

/** Four sums at once: each number that is read is used twice. At an odd edge the last row stands for the missing one. */
function addTile(out: Float64Array, { left, right, i, j, n, m, p, from, to }: Tile): void {
  const [i1, j1] = [Math.min(i + 1, n - 1), Math.min(j + 1, m - 1)];
  const [a0, a1, b0, b1] = [i * p, i1 * p, j * p, j1 * p];
  let [s00, s01, s10, s11] = [0, 0, 0, 0];
  for (let k = from; k < to; k++) {
    const x0 = left[a0 + k];
    const x1 = left[a1 + k];
    const y0 = right[b0 + k];
    const y1 = right[b1 + k];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s10 += x1 * y0;
    s11 += x1 * y1;
  }
  out[i * m + j] += s00;
  if (j1 > j) out[i * m + j1] += s01;
  if (i1 > i) out[i1 * m + j] += s10;
  if (i1 > i && j1 > j) out[i1 * m + j1] += s11;
}

/** Copies the upper triangle onto the lower one. */
export function mirror(square: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) square[i * n + j] = square[j * n + i];
  }
}
