import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { numbersOf } from '../ir/constant.js';
import { filled, type NumArray, numArray, slicesAlong, stridesOf } from './array.js';
import { type EvalRow, normalAxis } from './call.js';
import { typeOfCode } from './cast.js';

/** Returns the value of whichever attribute is set: value, value_float, value_floats, value_int or value_ints. */
const constant: EvalRow = (call) => {
  const attributes = attributesOf(call.node, 'Constant');
  const { value, value_floats: floats, value_ints: ints, value_float: float, value_int: int } = attributes;
  if (value !== undefined) return numArray(value.dtype, value.dims, numbersOf(value));
  if (floats !== undefined) return numArray('float32', [floats.length], floats);
  if (ints !== undefined) return numArray('int64', [ints.length], ints);
  if (float !== undefined) return numArray('float32', [], [float]);
  if (int !== undefined) return numArray('int64', [], [int]);
  return call.refuse('model-unsupported', 'a numeric value', 'strings or a sparse tensor');
};

const constantOfShape: EvalRow = (call) => {
  const { value } = attributesOf(call.node, 'ConstantOfShape');
  const dims = Array.from(call.input(0).data);
  if (value === undefined) return filled('float32', dims);
  return filled(value.dtype, dims, numbersOf(value)[0]);
};

const eyeLike: EvalRow = (call) => {
  const x = call.input(0);
  const [rows, columns] = x.dims;
  const { dtype, k } = attributesOf(call.node, 'EyeLike');
  const y = filled(dtype === undefined ? x.dtype : typeOfCode(call, dtype), x.dims);
  for (let row = Math.max(0, -k); row < rows && row + k < columns; row++) y.data[row * columns + row + k] = 1;
  return y;
};

/** Returns the coordinates of the nonzero elements, [rank, count], in row-major order. */
const nonZero: EvalRow = (call) => {
  const x = call.input(0);
  const strides = stridesOf(x.dims);
  const found = Array.from(x.data.keys()).filter((i) => x.data[i] !== 0);
  const rows = x.dims.map((dim, axis) => found.map((i) => Math.floor(i / strides[axis]) % dim));
  return numArray('int64', [x.dims.length, found.length], rows.flat());
};

/** Adds an axis of size depth that is `on` at the index and `off` elsewhere; an index outside [-depth, depth) gives `off` everywhere. */
const oneHot: EvalRow = (call) => {
  const [indices, values] = [call.input(0), call.input(2)];
  const depth = Math.trunc(call.input(1).data[0]);
  const axis = normalAxis(call.where, attributesOf(call.node, 'OneHot').axis, indices.dims.length + 1);
  const dims = indices.dims.toSpliced(axis, 0, depth);
  const [off, on] = values.data;
  const y = filled(values.dtype, dims, off);
  const { inner } = slicesAlong(dims, axis);
  indices.data.forEach((index, i) => {
    const at = Math.trunc(index) + (index < 0 ? depth : 0);
    if (at >= 0 && at < depth) y.data[(Math.floor(i / inner) * depth + at) * inner + (i % inner)] = on;
  });
  return y;
};

const range: EvalRow = (call) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => call.input(i).data[0]);
  if (delta === 0) call.refuse('run-failed', 'a step other than 0', '0');
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  const data = Float64Array.from({ length }, (_, i) => start + i * delta);
  return { dtype: call.input(0).dtype, dims: [length], data };
};

/** Returns the dims from `start` to `end`, both clamped to the rank. */
const shape: EvalRow = (call): NumArray => {
  const { dims } = call.input(0);
  const clamp = (i: number) => Math.min(dims.length, Math.max(0, i < 0 ? i + dims.length : i));
  const { start, end = dims.length } = attributesOf(call.node, 'Shape');
  const chosen = dims.slice(clamp(start), clamp(end));
  return numArray('int64', [chosen.length], chosen);
};

export const shapeRows = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  EyeLike: eyeLike,
  NonZero: nonZero,
  OneHot: oneHot,
  Range: range,
  Shape: shape,
  Size: (call) => numArray('int64', [], [sizeOf(call.input(0).dims)]),
} satisfies Record<string, EvalRow>;
