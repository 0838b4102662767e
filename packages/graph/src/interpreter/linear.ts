import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { blocks, broadcastDims, broadcastTo, filled, type NumArray, permuted } from './array.js';
import type { Call, EvalRow } from './call.js';
import { det } from './det.js';
import { einsum } from './einsum.js';

/** out[m, n] += a[m, k] · b[k, n], each a plain row-major block. */
function accumulate(
  [a, b, out]: readonly [Float64Array, Float64Array, Float64Array],
  [m, k, n]: readonly [number, number, number],
): void {
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = a[i * k + p];
      for (let j = 0; j < n; j++) {
        out[i * n + j] = out[i * n + j] + factor * b[p * n + j];
      }
    }
  }
}

/** NumPy's matmul of arrays of rank 2 or more. */
function batched(call: Call, a: NumArray, b: NumArray): NumArray {
  const [m, k] = a.dims.slice(-2);
  const [rows, n] = b.dims.slice(-2);
  if (k !== rows) call.refuse('shape-mismatch', 'equal inner dims', `[${a.dims}] times [${b.dims}]`);
  const batch = broadcastDims(call.where, [a.dims.slice(0, -2), b.dims.slice(0, -2)]);
  const left = broadcastTo(call.where, a, [...batch, m, k]);
  const right = broadcastTo(call.where, b, [...batch, k, n]);
  const out = filled(a.dtype, [...batch, m, n]);
  for (let i = 0; i < sizeOf(batch); i++) {
    accumulate([blocks(left, m * k)(i), blocks(right, k * n)(i), blocks(out.data, m * n)(i)], [m, k, n]);
  }
  return out;
}

/** A vector counts as one row on the left and as one column on the right. The added axis is removed from the result. */
const matMul: EvalRow = (call) => {
  const [a, b] = [call.input(0), call.input(1)];
  const left = a.dims.length === 1 ? { ...a, dims: [1, ...a.dims] } : a;
  const right = b.dims.length === 1 ? { ...b, dims: [...b.dims, 1] } : b;
  const product = batched(call, left, right);
  const rank = product.dims.length;
  const dims = product.dims.filter(
    (_, axis) => !(axis === rank - 2 && left !== a) && !(axis === rank - 1 && right !== b),
  );
  return { ...product, dims };
};

/** alpha A' B' + beta C, where ' is the transpose if transA or transB is set. */
const gemm: EvalRow = (call) => {
  const { alpha, beta, transA, transB } = attributesOf(call.node, 'Gemm');
  const side = (i: number, transposed: boolean) =>
    transposed ? permuted(call.input(i), [1, 0]) : call.input(i);
  const product = batched(call, side(0, transA), side(1, transB));
  const c = call.inputs[2];
  const bias = c && broadcastTo(call.where, c, product.dims);
  return { ...product, data: product.data.map((v, i) => alpha * v + (bias ? beta * bias[i] : 0)) };
};

export const linearRows = { Det: det, Einsum: einsum, Gemm: gemm, MatMul: matMul } satisfies Record<
  string,
  EvalRow
>;
