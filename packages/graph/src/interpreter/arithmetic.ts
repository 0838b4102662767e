import { isInteger } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { integerProduct, wrapped } from '../ir/integers.js';
import type { DataType } from '../ir/types.js';
import { broadcastDims, broadcastTo, filled, type NumArray } from './array.js';
import type { Call, EvalRow } from './call.js';

/** Broadcasts the inputs of a node to their common shape. */
export function broadcastInputs(call: Call): { dims: number[]; operands: Float64Array[] } {
  const inputs = call.inputs.map((_, i) => call.input(i));
  const dims = broadcastDims(
    call.where,
    inputs.map((x) => x.dims),
  );
  return { dims, operands: inputs.map((x) => broadcastTo(call.where, x, dims)) };
}

type Binary = (a: number, b: number) => number;

function zipWith(call: Call, f: Binary): NumArray {
  const { dims, operands } = broadcastInputs(call);
  const [a, b] = operands;
  return { dtype: call.input(0).dtype, dims, data: a.map((v, i) => f(v, b[i])) };
}

/** A binary operator with one function for floats and one for integers, whose results must be in the range of the type. */
const binary =
  (real: Binary, integer: (call: Call, dtype: DataType) => Binary): EvalRow =>
  (call) => {
    const { dtype } = call.input(0);
    return zipWith(call, isInteger(dtype) ? integer(call, dtype) : real);
  };

/** Integer arithmetic that wraps around in the type's range. */
const wrapping =
  (f: Binary) =>
  ({ where }: Call, dtype: DataType): Binary =>
  (a, b) =>
    wrapped(where, dtype, f(a, b));

const add = (a: number, b: number) => a + b;
const subtract = (a: number, b: number) => a - b;

const nonZero = (call: Call, divisor: number) =>
  divisor === 0 ? call.refuse('run-failed', 'a divisor other than 0', '0') : divisor;

const integerDivide =
  (call: Call, dtype: DataType): Binary =>
  (a, b) =>
    wrapped(call.where, dtype, Math.trunc(a / nonZero(call, b)));

/** The remainder with the divisor's sign (NumPy's mod), or with `fmod` the dividend's (C's fmod). */
const mod: EvalRow = (call) => {
  const integers = isInteger(call.input(0).dtype);
  const remainder = (a: number, b: number) => a % (integers ? nonZero(call, b) : b);
  if (attributesOf(call.node, 'Mod').fmod) return zipWith(call, remainder);
  return zipWith(call, (a, b) => {
    const rest = remainder(a, b);
    if (rest === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
    return rest < 0 === b < 0 ? rest : rest + b;
  });
};

const pow: EvalRow = (call) => {
  const { dtype } = call.input(0);
  if (!isInteger(dtype)) return zipWith(call, (a, b) => a ** b);
  return zipWith(call, (a, b) => wrapped(call.where, dtype, Math.trunc(a ** b)));
};

/** An operator that folds any number of broadcast inputs. */
const variadic =
  (f: Binary): EvalRow =>
  (call) => {
    const { dims, operands } = broadcastInputs(call);
    const [first, ...rest] = operands;
    const data = first.map((v, i) => rest.reduce((total, operand) => f(total, operand[i]), v));
    return { dtype: call.input(0).dtype, dims, data };
  };

const mean: EvalRow = (call) => {
  const { dims, operands } = broadcastInputs(call);
  const out = filled(call.input(0).dtype, dims);
  return {
    ...out,
    data: out.data.map((_, i) => operands.reduce((sum, x) => sum + x[i], 0) / operands.length),
  };
};

const where: EvalRow = (call) => {
  const { dims, operands } = broadcastInputs(call);
  const [condition, yes, no] = operands;
  const data = condition.map((c, i) => (c ? yes : no)[i]);
  return { dtype: call.input(1).dtype, dims, data };
};

export const arithmeticRows = {
  Add: binary(add, wrapping(add)),
  Div: binary((a, b) => a / b, integerDivide),
  Max: variadic(Math.max),
  Mean: mean,
  Min: variadic(Math.min),
  Mod: mod,
  Mul: binary(
    (a, b) => a * b,
    ({ where }, dtype) =>
      (a, b) =>
        integerProduct(where, dtype, [a, b]),
  ),
  Pow: pow,
  Sub: binary(subtract, wrapping(subtract)),
  Sum: variadic(add),
  Where: where,
} satisfies Record<string, EvalRow>;
