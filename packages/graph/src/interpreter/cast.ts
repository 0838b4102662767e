import { dtypeOf, isInteger } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { integerRange } from '../ir/integers.js';
import type { DataType } from '../ir/types.js';
import { filled, type NumArray } from './array.js';
import type { Call, EvalRow } from './call.js';

/** Returns the dtype that a `to` or `dtype` attribute names. Throws `model-unsupported` for other types. */
export function typeOfCode(call: Call, code: number): DataType {
  const dtype = dtypeOf(code);
  if (dtype === undefined || dtype === 'string') {
    return call.refuse('model-unsupported', 'a numeric element type', dtype ?? `type number ${code}`);
  }
  return dtype;
}

/**
 * Converts `x` to another dtype. Floats are truncated to integers; NaN and numbers out of range are refused, because the standard leaves
 * their result undefined. Narrower integers lose their high bits. Floats are not rounded here: see `precision` of `interpret`.
 */
function cast(call: Call, x: NumArray, to: DataType): NumArray {
  const range = integerRange(to);
  if (range === undefined || x.dtype === 'bool' || x.dtype === to) return { ...x, dtype: to };
  if (to === 'bool') return { ...x, dtype: to, data: x.data.map((v) => (v === 0 ? 0 : 1)) };
  const [low, high] = range;
  const span = high - low + 1;
  const fits = (v: number) => v >= low && v <= high;
  const convert = (v: number) => {
    const whole = Math.trunc(v) + 0;
    if (fits(whole)) return whole;
    if (!isInteger(x.dtype)) return call.refuse('run-failed', `a value within ${to}`, `${v}`);
    return whole - span * Math.floor((whole - low) / span);
  };
  return { ...x, dtype: to, data: x.data.map(convert) };
}

/** The identity in inference mode. Training mode is refused, because its random mask is not defined by the standard. */
const dropout: EvalRow = (call) => {
  const x = call.input(0);
  const [, ratio, training] = call.inputs;
  if (training?.data[0] && ratio?.data[0] !== 0) {
    call.refuse('model-unsupported', 'Dropout in inference mode', 'training_mode = true');
  }
  return [x, filled('bool', x.dims, 1)];
};

export const castRows = {
  Cast: (call) => cast(call, call.input(0), typeOfCode(call, attributesOf(call.node, 'Cast').to)),
  CastLike: (call) => cast(call, call.input(0), call.input(1).dtype),
  Dropout: dropout,
  Identity: (call) => call.input(0),
} satisfies Record<string, EvalRow>;
