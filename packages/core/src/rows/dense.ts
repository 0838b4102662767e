import { counted } from '../counted.js';
import { fail } from '../error.js';
import { reshape, rows } from '../tensor/rows.js';
import { showShape, sizeOf, type Tensor, toFloat64 } from '../tensor/tensor.js';
import type { Rows } from '../types/draws.js';
import type { Products } from '../types/score.js';
import { mirror, transpose } from './products.js';
import { roundingOfRows } from './rounding.js';
import { addTransposeTimesVector, timesVector } from './vector.js';

/** Most elements of a matrix: 2^28, 2 GiB in float64. */
const LARGEST = 2 ** 28;
/** Elements of one factor of a product: 2^24, 128 MiB in float64. */
const BLOCK = 2 ** 24;

/** Makes rows from stored numbers: t is [n, ...shape], and d the size of one row. The data are not copied. Throws `tensor-shape`. */
export function denseRows(t: Tensor): Rows {
  const matrix = matrixOf(t);
  const [n, d] = matrix.shape;
  const self: Rows = {
    n,
    d,
    times: (v) => {
      expectLength('times', v.data.length, d);
      return timesVector(matrix, v.data);
    },
    addTransposeTimes: (c, out) => {
      expectLength('addTransposeTimes', c.length, n);
      expectLength('addTransposeTimes', out.length, d);
      addTransposeTimesVector(matrix, c, out);
    },
    inner: async (other, products) => {
      if (hasInner(other)) return transpose(await other.inner(self, products));
      const symmetric = other === self;
      return inner(matrix, symmetric ? matrix : reshape(other.dense(), [other.n, other.d]), products);
    },
    dense: () => {
      expectSmall('dense', n, d);
      return toFloat64(matrix);
    },
    rounding: () => roundingOfRows(matrix),
  };
  return self;
}

/** Flattens each row: [n, d]. */
function matrixOf(t: Tensor): Tensor {
  if (t.shape.length === 0) {
    fail({ code: 'tensor-shape', where: 'denseRows', expected: 'shape [n, ...]', got: showShape(t.shape) });
  }
  const [n, ...shape] = t.shape;
  return reshape(t, [n, sizeOf(shape)]);
}

/** Rows that compute `inner` with other rows faster than dense products do. */
export interface SparseRows extends Rows {
  readonly sparse: true;
}

function hasInner(rows: Rows): rows is SparseRows {
  return 'sparse' in rows;
}

/** Throws `too-large` when an [n, d] matrix would pass 2^28 elements. */
export function expectSmall(where: string, n: number, d: number): void {
  if (n * d <= LARGEST) return;
  fail({
    code: 'too-large',
    where,
    expected: `a matrix of at most ${LARGEST} elements`,
    got: `[${n}, ${d}], ${n * d} elements`,
    remedy: 'Use fewer draws, or fewer features.',
  });
}

/** Throws `tensor-shape` unless a vector has the expected length. */
export function expectLength(where: string, got: number, expected: number): void {
  if (got === expected) return;
  fail({ code: 'tensor-shape', where, expected: counted(expected, 'element'), got: `${got}` });
}

/** Computes a·bᵀ in blocks of rows, so that only two blocks are in float64 at a time; half of the blocks when a is b. */
async function inner(a: Tensor, b: Tensor, products: Products): Promise<Tensor> {
  const [n, d] = a.shape;
  const [m, other] = b.shape;
  expectLength('inner', other, d);
  expectSmall('inner', n, m);
  const out = new Float64Array(n * m);
  const step = Math.max(1, Math.floor(BLOCK / Math.max(1, d)));
  for (let i = 0; i < n; i += step) {
    const left = toFloat64(rows(a, i, Math.min(n, i + step)));
    for (let j = a === b ? i : 0; j < m; j += step) {
      const right = a === b && i === j ? left : toFloat64(rows(b, j, Math.min(m, j + step)));
      place(out, await products.timesTranspose(left, right), { at: i * m + j, stride: m });
    }
  }
  if (a === b) mirror(out, n);
  return { shape: [n, m], data: out };
}

/** Copies a block into a matrix of rows of `stride` elements; its first element goes to index `at`. */
function place(
  out: Float64Array,
  block: Tensor,
  { at, stride }: { readonly at: number; readonly stride: number },
): void {
  const [n, m] = block.shape;
  for (let i = 0; i < n; i++) out.set(block.data.subarray(i * m, (i + 1) * m), at + i * stride);
}
