import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray, positions, slicesAlong, stridesOf, take } from './array.js';
import { type Call, type EvalRow, normalAxis } from './call.js';

/** Returns the first index and the count of a slice of an axis of `size`, clamped as in NumPy. */
function sliceRange(size: number, [start, end, step]: readonly [number, number, number]) {
  const fromFront = (i: number) => (i < 0 ? i + size : i);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (i: number) => Math.min(high, Math.max(low, fromFront(i)));
  const first = Math.min(step > 0 ? size : size - 1, Math.max(0, fromFront(start)));
  return { first, count: Math.max(0, Math.ceil((clamp(end) - first) / step)) };
}

/** Returns the elements of `x` that `spans` select along each axis. */
function strided(x: NumArray, spans: readonly { first: number; step: number; count: number }[]): NumArray {
  const strides = stridesOf(x.dims);
  const dims = spans.map(({ count }) => count);
  const steps = spans.map(({ step }, axis) => step * strides[axis]);
  const offset = spans.reduce((at, { first }, axis) => at + first * strides[axis], 0);
  return { dtype: x.dtype, dims, data: take(x.data, positions(dims, steps, offset)) };
}

const slice: EvalRow = (call) => {
  const x = call.input(0);
  const [starts, ends] = [call.input(1).data, call.input(2).data];
  const axes = Array.from(call.inputs[3]?.data ?? starts.keys(), (axis) =>
    normalAxis(call.where, axis, x.dims.length),
  );
  const spans = x.dims.map((size, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return { first: 0, step: 1, count: size };
    const step = call.inputs[4]?.data[i] ?? 1;
    if (step === 0) call.refuse('run-failed', 'a step other than 0', '0');
    return { step, ...sliceRange(size, [starts[i], ends[i], step]) };
  });
  return strided(x, spans);
};

/** Returns the sizes of the outputs: input 1, or num_outputs equal sizes, of which the last may be smaller. */
function splitSizes(call: Call, length: number): number[] {
  const listed = call.inputs[1];
  const outputs = attributesOf(call.node, 'Split').num_outputs ?? call.outputs;
  const each = Math.ceil(length / outputs);
  const sizes =
    listed === undefined
      ? Array.from({ length: outputs }, (_, i) => Math.min(each, length - i * each))
      : Array.from(listed.data);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== length || sizes.some((size) => size < 0)) {
    call.refuse('shape-mismatch', `outputs of ${length} elements in total`, `[${sizes}]`);
  }
  return sizes;
}

const split: EvalRow = (call) => {
  const x = call.input(0);
  const axis = normalAxis(call.where, attributesOf(call.node, 'Split').axis, x.dims.length);
  let first = 0;
  return splitSizes(call, x.dims[axis]).map((count) => {
    const part = strided(
      x,
      x.dims.map((size, i) => (i === axis ? { first, step: 1, count } : { first: 0, step: 1, count: size })),
    );
    first += count;
    return part;
  });
};

const concat: EvalRow = (call) => {
  const parts = call.inputs.map((_, i) => call.input(i));
  const [{ dtype, dims }] = parts;
  const axis = normalAxis(call.where, attributesOf(call.node, 'Concat').axis, dims.length);
  const rest = (part: NumArray) => part.dims.toSpliced(axis, 1).join(', ');
  const odd = parts.find((part) => rest(part) !== rest(parts[0]) || part.dims.length !== dims.length);
  if (odd !== undefined)
    call.refuse('shape-mismatch', `dims like [${dims}] off axis ${axis}`, `[${odd.dims}]`);
  const length = parts.reduce((total, part) => total + part.dims[axis], 0);
  const y = filled(dtype, dims.with(axis, length));
  const { outer, inner } = slicesAlong(dims, axis);
  let start = 0;
  for (const part of parts) {
    const run = part.dims[axis] * inner;
    for (let o = 0; o < outer; o++)
      y.data.set(part.data.subarray(o * run, (o + 1) * run), o * length * inner + start);
    start += run;
  }
  return y;
};

export const sliceRows = { Concat: concat, Slice: slice, Split: split } satisfies Record<string, EvalRow>;
