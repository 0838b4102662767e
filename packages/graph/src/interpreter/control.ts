import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import type { Value } from '../ir/types.js';
import { filled, type NumArray, numArray, slicesAlong } from './array.js';
import { type EvalRow, normalAxis } from './call.js';

const ifRow: EvalRow = (call) =>
  call.body(attributesOf(call.node, 'If')[call.input(0).data[0] ? 'then_branch' : 'else_branch']).run([]);

/** Stacks slices along a new axis. If there are none, dtype and dims are those that the body declares. */
function stackSlices(slices: readonly NumArray[], axis: number, declared: Value): NumArray {
  const known = declared.dims?.map((dim) => (typeof dim === 'number' ? dim : 0)) ?? [];
  const { dtype, dims } = slices.at(0) ?? filled(declared.dtype, known);
  const at = axis < 0 ? axis + dims.length + 1 : axis;
  const y = filled(dtype, dims.toSpliced(at, 0, slices.length));
  const { inner } = slicesAlong(y.dims, at);
  slices.forEach((slice, i) => {
    slice.data.forEach((v, k) => {
      y.data[(Math.floor(k / inner) * slices.length + i) * inner + (k % inner)] = v;
    });
  });
  return y;
}

/** Returns slice `i` along `axis`, without that axis. */
function sliceAt(x: NumArray, axis: number, i: number): NumArray {
  const { length, inner } = slicesAlong(x.dims, axis);
  const dims = x.dims.toSpliced(axis, 1);
  const data = Float64Array.from(
    { length: sizeOf(dims) },
    (_, k) => x.data[(Math.floor(k / inner) * length + i) * inner + (k % inner)],
  );
  return { dtype: x.dtype, dims, data };
}

/** Loop. Its body: (iteration, condition, carried...) -> (condition, carried..., scan outputs...). */
const loop: EvalRow = (call) => {
  const limit = call.inputs[0]?.data[0] ?? Number.POSITIVE_INFINITY;
  const body = call.body(attributesOf(call.node, 'Loop').body);
  let [condition, carried] = [
    call.inputs[1] ?? numArray('bool', [], [1]),
    call.inputs.slice(2).map((_, i) => call.input(i + 2)),
  ];
  const count = carried.length;
  const scanned: NumArray[][] = body.graph.outputs.slice(1 + count).map(() => []);
  for (let i = 0; i < limit && condition.data[0]; i++) {
    const [next, ...results] = body.run([numArray('int64', [], [i]), condition, ...carried]);
    condition = next;
    carried = results.slice(0, count);
    for (const [k, value] of results.slice(count).entries()) scanned[k].push(value);
  }
  return [
    ...carried,
    ...scanned.map((slices, k) => stackSlices(slices, 0, body.graph.outputs[1 + count + k])),
  ];
};

/** Returns the list, or zeros if the node has no list. */
const orZeros = (list: readonly number[] | undefined, length: number) =>
  list ?? Array<number>(length).fill(0);

/** Scan. Its body: (states..., slices of the scan inputs...) -> (states..., slices of the scan outputs...). */
const scan: EvalRow = (call) => {
  const attributes = attributesOf(call.node, 'Scan');
  const body = call.body(attributes.body);
  const width = attributes.num_scan_inputs;
  const values = call.inputs.map((_, i) => call.input(i));
  const states = values.length - width;
  const sources = values.slice(states);
  const axes = orZeros(attributes.scan_input_axes, width).map((axis, k) =>
    normalAxis(call.where, axis, sources[k].dims.length),
  );
  const backwards = orZeros(attributes.scan_input_directions, width);
  const results: NumArray[][] = body.graph.outputs.slice(states).map(() => []);
  const length = sources[0].dims[axes[0]];
  let state = values.slice(0, states);
  for (let i = 0; i < length; i++) {
    const slices = sources.map((x, k) => sliceAt(x, axes[k], backwards[k] ? length - 1 - i : i));
    const outputs = body.run([...state, ...slices]);
    state = outputs.slice(0, states);
    for (const [k, value] of outputs.slice(states).entries()) results[k].push(value);
  }
  const outAxes = orZeros(attributes.scan_output_axes, results.length);
  const reversed = orZeros(attributes.scan_output_directions, results.length);
  const outputs = results.map((list, k) =>
    stackSlices(reversed[k] ? list.toReversed() : list, outAxes[k], body.graph.outputs[states + k]),
  );
  return [...state, ...outputs];
};

/** Operators that run inner graphs. */
export const controlRows = { If: ifRow, Loop: loop, Scan: scan } satisfies Record<string, EvalRow>;
