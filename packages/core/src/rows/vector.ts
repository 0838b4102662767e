import { isWorthKernels } from '../kernels/four-rows.js';
import { addWeightedRows } from '../kernels/sums.js';
import type { Tensor } from '../tensor/tensor.js';

// Four rows are multiplied at a time, so that their sums do not wait for each other. The order of each sum does not depend on the others.

/** A·v for A [n, d] row major. */
export function timesVector({ shape: [n, d], data }: Tensor, v: Tensor['data']): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i += 4) {
    const [a, b, c, e] = fourRows(i, n, d);
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < d; j++) {
      const factor = v[j];
      s0 += data[a + j] * factor;
      s1 += data[b + j] * factor;
      s2 += data[c + j] * factor;
      s3 += data[e + j] * factor;
    }
    // Beyond the last row nothing is written: an index outside a typed array is ignored.
    out[i] = s0;
    out[i + 1] = s1;
    out[i + 2] = s2;
    out[i + 3] = s3;
  }
  return out;
}

/** out += Aᵀ·c for A [n, d] row major. Four rows in a row whose numbers in c are 0 cost nothing. */
export function addTransposeTimesVector(
  { shape: [n, d], data }: Tensor,
  c: Float64Array,
  out: Float64Array,
): void {
  if (data instanceof Float32Array && isWorthKernels(d)) addWeightedRows({ data, n }, c, out);
  else addRowByRow({ data, n }, c, out);
}

function addRowByRow(
  { data, n }: { readonly data: Tensor['data']; readonly n: number },
  c: Float64Array,
  out: Float64Array,
): void {
  const d = out.length;
  for (let i = 0; i < n; i += 4) {
    const [a, b, e, f] = fourRows(i, n, d);
    const [w0, w1 = 0, w2 = 0, w3 = 0] = c.subarray(i, i + 4);
    if (w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0) continue;
    for (let j = 0; j < d; j++) {
      out[j] = out[j] + w0 * data[a + j] + w1 * data[b + j] + w2 * data[e + j] + w3 * data[f + j];
    }
  }
}

/** The start offsets of rows i..i+3; the last row takes the place of missing rows. */
function fourRows(i: number, n: number, d: number): readonly [number, number, number, number] {
  return [i * d, Math.min(i + 1, n - 1) * d, Math.min(i + 2, n - 1) * d, Math.min(i + 3, n - 1) * d];
}
