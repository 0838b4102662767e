import { isInteger } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { wrapped } from '../ir/integers.js';
import { filled, forEachSlice, type NumArray, slicesAlong } from './array.js';
import { type Call, type EvalRow, normalAxis } from './call.js';
import { reducedDims } from './reduced-slices.js';

/**
 * Index of the greatest or least element of each slice: the first of equal ones, or the last with select_last_index. NaN is not treated in
 * a special way.
 */
const argExtremum =
  (better: (a: number, b: number) => boolean): EvalRow =>
  (call) => {
    const x = call.input(0);
    const { axis: along, keepdims, select_last_index: last } = attributesOf(call.node, 'ArgMax');
    const axis = normalAxis(call.where, along, x.dims.length);
    const slices = slicesAlong(x.dims, axis);
    const found: number[] = [];
    forEachSlice(slices, (start, step) => {
      let best = 0;
      for (let i = 1; i < slices.length; i++) {
        const [value, bestValue] = [x.data[start + i * step], x.data[start + best * step]];
        if (better(value, bestValue) || (last && value === bestValue)) best = i;
      }
      found.push(best);
    });
    const dims = reducedDims(x.dims, [axis], keepdims);
    return { dtype: 'int64', dims, data: Float64Array.from(found) };
  };

/** Cumulative sum or product along an axis, starting from `start`. exclusive: without the element itself; reverse: from the end. */
const cumulative =
  (start: number, f: (total: number, x: number) => number): EvalRow =>
  (call) => {
    const x = call.input(0);
    const slices = slicesAlong(x.dims, normalAxis(call.where, call.input(1).data[0], x.dims.length));
    const { exclusive, reverse } = attributesOf(call.node, 'CumSum');
    const y = filled(x.dtype, x.dims);
    const toDtype = isInteger(x.dtype) ? (v: number) => wrapped(call.where, x.dtype, v) : (v: number) => v;
    forEachSlice(slices, (first, step) => {
      let total = start;
      for (let i = 0; i < slices.length; i++) {
        const at = first + (reverse ? slices.length - 1 - i : i) * step;
        const next = toDtype(f(total, x.data[at]));
        y.data[at] = exclusive ? total : next;
        total = next;
      }
    });
    return y;
  };

/** Returns k of TopK. Throws `run-failed` if the axis has fewer elements. */
function countOf(call: Call, length: number): number {
  const k = call.input(1).data[0];
  return k <= length ? k : call.refuse('run-failed', `k of at most ${length}`, `${k}`);
}

/** Returns the k greatest (or least) elements of each slice, sorted, with their indices. Equal values keep the order of their indices. */
const topK: EvalRow = (call) => {
  const x = call.input(0);
  const { axis: along, largest } = attributesOf(call.node, 'TopK');
  const axis = normalAxis(call.where, along, x.dims.length);
  const slices = slicesAlong(x.dims, axis);
  const k = countOf(call, slices.length);
  const sign = largest ? -1 : 1;
  const dims = x.dims.map((dim, i) => (i === axis ? k : dim));
  const values: NumArray = filled(x.dtype, dims);
  const indices: NumArray = filled('int64', dims);
  const starts: number[] = [];
  forEachSlice({ ...slices, length: k }, (start) => starts.push(start));
  let slice = 0;
  forEachSlice(slices, (start, step) => {
    const value = (i: number) => x.data[start + i * step];
    const order = Array.from({ length: slices.length }, (_, i) => i);
    order.sort((i, j) => (value(i) === value(j) ? i - j : sign * (value(i) < value(j) ? -1 : 1)));
    for (let rank = 0; rank < k; rank++) {
      values.data[starts[slice] + rank * step] = value(order[rank]);
      indices.data[starts[slice] + rank * step] = order[rank];
    }
    slice++;
  });
  return [values, indices];
};

export const orderRows = {
  ArgMax: argExtremum((a, b) => a > b),
  ArgMin: argExtremum((a, b) => a < b),
  CumProd: cumulative(1, (total, x) => total * x),
  CumSum: cumulative(0, (total, x) => total + x),
  TopK: topK,
} satisfies Record<string, EvalRow>;
