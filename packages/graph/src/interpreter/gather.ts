import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray, positions, slicesAlong, stridesOf, take } from './array.js';
import { type Call, type EvalRow, normalAxis } from './call.js';

/** Returns an index as a number from 0 to size - 1; negative indices count from the end. Throws `run-failed` outside [-size, size). */
export function checkedIndex(call: Call, index: number, size: number): number {
  if (index < -size || index >= size) {
    call.refuse('run-failed', `an index in [${-size}, ${size - 1}]`, `${index}`);
  }
  return index < 0 ? index + size : index;
}

const gather: EvalRow = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  const axis = normalAxis(call.where, attributesOf(call.node, 'Gather').axis, x.dims.length);
  const { outer, length, inner } = slicesAlong(x.dims, axis);
  const y = filled(x.dtype, x.dims.toSpliced(axis, 1, ...indices.dims));
  const chosen = indices.data.map((index) => checkedIndex(call, index, length));
  for (let o = 0; o < outer; o++) {
    chosen.forEach((index, i) => {
      const from = (o * length + index) * inner;
      y.data.set(x.data.subarray(from, from + inner), (o * chosen.length + i) * inner);
    });
  }
  return y;
};

/** Returns the position in `x` for each element of `indices`: its own coordinates, with that of the axis replaced by the index. */
export function elementPositions(call: Call, x: NumArray, indices: NumArray): Int32Array {
  const { axis: along } = attributesOf(call.node, 'GatherElements', 'ScatterElements');
  const axis = normalAxis(call.where, along, x.dims.length);
  const strides = stridesOf(x.dims);
  const elsewhere = positions(indices.dims, strides.with(axis, 0));
  return elsewhere.map((at, i) => at + checkedIndex(call, indices.data[i], x.dims[axis]) * strides[axis]);
}

const gatherElements: EvalRow = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  return { dtype: x.dtype, dims: indices.dims, data: take(x.data, elementPositions(call, x, indices)) };
};

/**
 * Returns the start of the slice of `x` for each index tuple (last axis of `indices`). The first `batch` axes (default 0) are batch axes.
 */
export function slicePositions(
  call: Call,
  [x, indices]: readonly [NumArray, NumArray],
  batch = 0,
): Int32Array {
  const depth = indices.dims.at(-1) ?? 0;
  const strides = stridesOf(x.dims);
  const tuples = sizeOf(indices.dims.slice(0, -1));
  const perBatch = sizeOf(indices.dims.slice(batch, -1));
  const batchSize = sizeOf(x.dims.slice(batch));
  return Int32Array.from({ length: tuples }, (_, t) => {
    let at = Math.floor(t / perBatch) * batchSize;
    for (let d = 0; d < depth; d++) {
      at += checkedIndex(call, indices.data[t * depth + d], x.dims[batch + d]) * strides[batch + d];
    }
    return at;
  });
}

const gatherND: EvalRow = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  const batch = attributesOf(call.node, 'GatherND').batch_dims;
  const tail = x.dims.slice(batch + (indices.dims.at(-1) ?? 0));
  const size = sizeOf(tail);
  const y = filled(x.dtype, [...indices.dims.slice(0, -1), ...tail]);
  slicePositions(call, [x, indices], batch).forEach((from, t) => {
    y.data.set(x.data.subarray(from, from + size), t * size);
  });
  return y;
};

export const gatherRows = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
} satisfies Record<string, EvalRow>;
