import { dtypeOf, sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { rounded } from '../ir/constant.js';
import { integerRange, roundHalfEven } from '../ir/integers.js';
import type { DataType } from '../ir/types.js';
import { type NumArray, positions, stridesOf } from './array.js';
import { type Call, type EvalRow, normalAxis } from './call.js';

/**
 * Returns the scale or zero point of element i. There is one for the tensor, one for each index of an axis, or one for each block along it.
 */
function parameterOf(call: Call, x: NumArray, parameter: NumArray | undefined): (i: number) => number {
  if (parameter === undefined) return () => 0;
  const { data, dims } = parameter;
  if (data.length === 1) return () => data[0];
  const { axis: along, block_size: block } = attributesOf(call.node, 'DequantizeLinear', 'QuantizeLinear');
  const axis = normalAxis(call.where, along, x.dims.length);
  const expected = x.dims.map((size, i) => (i === axis ? Math.ceil(size / Math.max(block, 1)) : size));
  const fits = block === 0 ? data.length === x.dims[axis] : sizeOf(dims) === sizeOf(expected);
  if (!fits) call.refuse('shape-mismatch', `a parameter for axis ${axis} of [${x.dims}]`, `[${dims}]`);
  const [strides, own] = [stridesOf(x.dims), stridesOf(expected)];
  const indexAlongAxis = (i: number) => Math.floor(i / strides[axis]) % x.dims[axis];
  if (block === 0) return (i) => data[indexAlongAxis(i)];
  const table = positions(
    x.dims,
    own.map((stride, i) => (i === axis ? 0 : stride)),
  );
  return (i) => data[table[i] + own[axis] * Math.floor(indexAlongAxis(i) / block)];
}

/**
 * saturate(round(x / scale) + zero point). The quotient is first rounded to the dtype of x, which decides what is a half; halves go to
 * even.
 */
const quantise: EvalRow = (call) => {
  const x = call.input(0);
  const dtype = typeAfter(call);
  const [low, high] = integerRange(dtype) ?? call.refuse('model-unsupported', 'an integer type', dtype);
  const scale = parameterOf(call, x, call.input(1));
  const zero = parameterOf(call, x, call.inputs[2]);
  const whole = (v: number, i: number) => roundHalfEven(rounded(x.dtype, v / scale(i))) + zero(i);
  const data = x.data.map((v, i) => Math.min(high, Math.max(low, whole(v, i))) + 0);
  return { dtype, dims: x.dims, data };
};

function typeAfter(call: Call): DataType {
  const code = attributesOf(call.node, 'QuantizeLinear').output_dtype;
  const named = code === 0 ? 'uint8' : dtypeOf(code);
  return (
    call.inputs[2]?.dtype ?? named ?? call.refuse('model-unsupported', 'a type this library knows', `${code}`)
  );
}

/** (q - zero point) scale. */
const dequantise: EvalRow = (call) => {
  const q = call.input(0);
  const scale = parameterOf(call, q, call.input(1));
  const zero = parameterOf(call, q, call.inputs[2]);
  return { ...q, dtype: call.input(1).dtype, data: q.data.map((v, i) => (v - zero(i)) * scale(i)) };
};

export const quantiseRows = { DequantizeLinear: dequantise, QuantizeLinear: quantise } satisfies Record<
  string,
  EvalRow
>;
