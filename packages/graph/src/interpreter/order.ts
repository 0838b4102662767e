import { isInteger } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { wrapped } from '../ir/integers.js';
import { eachSlice, filled, type NumArray, slicesAlong } from './array.js';
import { type Call, type EvalRow, normalAxis } from './call.js';
import { reducedDims } from './reduced-slices.js';

/** Index of the best element of each slice: the first of equals, or the last with select_last_index. NaN is not looked for. */
const argBest =
  (better: (a: number, b: number) => boolean): EvalRow =>
  (call) => {
    const x = call.input(0);
    const { axis: along, keepdims, select_last_index: last } = attributesOf(call.node, 'ArgMax');
    const axis = normalAxis(call.where, along, x.dims.length);
    const slices = slicesAlong(x.dims, axis);
    const found: number[] = [];
    eachSlice(slices, (start, step) => {
      let best = 0;
      for (let i = 1; i < slices.length; i++) {
        const [value, champion] = [x.data[start + i * step], x.data[start + best * step]];
        if (better(value, champion) || (last && value === champion)) best = i;
      }
      found.push(best);
    });
    const dims = reducedDims(x.dims, [axis], keepdims);
    return { dtype: 'int64', dims, data: Float64Array.from(found) };
  };

/** Computes cumulative totals along an axis, beginning with `start`; `exclusive` omits the element itself, `reverse` starts at the end. */
const cumulative =
  (start: number, f: (total: number, x: number) => number): EvalRow =>
  (call) => {
    const x = call.input(0);
    const slices = slicesAlong(x.dims, normalAxis(call.where, call.input(1).data[0], x.dims.length));
    const { exclusive, reverse } = attributesOf(call.node, 'CumSum');
    const y = filled(x.dtype, x.dims);
    const settle = isInteger(x.dtype) ? (v: number) => wrapped(call.where, x.dtype, v) : (v: number) => v;
    eachSlice(slices, (first, step) => {
      let total = start;
      for (let i = 0; i < slices.length; i++) {
        const at = first + (reverse ? slices.length - 1 - i : i) * step;
        const next = settle(f(total, x.data[at]));
        y.data[at] = exclusive ? total : next;
        total = next;
      }
    });
    return y;
  };

/** How many elements TopK keeps, checked against the axis. */
function countOf(call: Call, length: number): number {
  const k = call.input(1).data[0];
  return k <= length ? k : call.refuse('run-failed', `k of at most ${length}`, `${k}`);
}

/** The k greatest (or least) of each slice, in order; equal values keep the order of their indices. */
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
  eachSlice({ ...slices, length: k }, (start) => starts.push(start));
  let slice = 0;
  eachSlice(slices, (start, step) => {
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
  ArgMax: argBest((a, b) => a > b),
  ArgMin: argBest((a, b) => a < b),
  CumProd: cumulative(1, (total, x) => total * x),
  CumSum: cumulative(0, (total, x) => total + x),
  TopK: topK,
} satisfies Record<string, EvalRow>;
