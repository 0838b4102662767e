import { fail } from '../error.js';
import { showShape, type Tensor, toFloat64 } from '../tensor/tensor.js';
import type { Products } from '../types/score.js';
import { addRowProducts } from './tile.js';

/** Elements of a row that are multiplied at a time, so that the data of a tile stay in the first-level cache. */
const CHUNK = 512;

/** Dense products by plain loops on the main thread, about 1e9 multiplications a second; a·aᵀ costs half. */
export const plainProducts: Products = {
  transposeTimes: async (a, b) => {
    const left = transpose(a);
    return timesTranspose(left, a === b ? left : transpose(b));
  },
  timesTranspose: async (a, b) => timesTranspose(a, b),
};

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
  const [m] = matrixShape('timesTranspose', b);
  expectSameRows(a, b);
  const out = new Float64Array(n * m);
  const symmetric = a === b;
  const [left, right] = [toFloat64(a).data, toFloat64(b).data];
  for (let from = 0; from < p; from += CHUNK) {
    addRowProducts({
      left,
      right,
      stride: p,
      rows: [0, n],
      columns: [0, m],
      inner: [from, Math.min(p, from + CHUNK)],
      out,
      width: m,
      sign: 1,
      upper: symmetric,
    });
  }
  if (symmetric) mirror(out, n);
  return { shape: [n, m], data: out };
}

function expectSameRows(a: Tensor, b: Tensor): void {
  if (a.shape[1] === b.shape[1]) return;
  fail({
    code: 'tensor-shape',
    where: 'timesTranspose',
    expected: `rows of ${a.shape[1]} elements on both sides`,
    got: `${showShape(a.shape)} and ${showShape(b.shape)}`,
  });
}

/** Copies the upper triangle onto the lower one. */
export function mirror(square: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) square[i * n + j] = square[j * n + i];
  }
}
