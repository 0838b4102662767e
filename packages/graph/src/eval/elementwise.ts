import { isInteger } from '../infer/site.js';
import { broadcastDims, broadcastTo, filled, type NumArray } from './array.js';
import type { Call, EvalRow } from './call.js';
import { integerProduct, roundHalfEven, wrapped } from './dtype.js';
import { erf, sigmoid, softplus } from './special.js';

type Scalar = (x: number) => number;

function mapped(x: NumArray, f: Scalar): NumArray {
  return { ...x, data: x.data.map((v) => f(v)) };
}

const unary =
  (f: Scalar): EvalRow =>
  (call) =>
    mapped(call.input(0), f);

/** A function of one element that has float attributes, given as their defaults. */
const shaped =
  <K extends string>(defaults: Readonly<Record<K, number>>, make: (options: Record<K, number>) => Scalar) =>
  (call: Call): NumArray => {
    const options: Record<K, number> = { ...defaults };
    for (const name in defaults) options[name] = call.float(name, defaults[name]);
    return mapped(call.input(0), make(options));
  };

const neg: EvalRow = (call) => {
  const x = call.input(0);
  return mapped(x, (v) => wrapped(call.where, x.dtype, -v));
};

const gelu: EvalRow = (call) => {
  const tanh = (x: number) => Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
  const cdf = call.string('approximate', 'none') === 'tanh' ? tanh : (x: number) => erf(x / Math.SQRT2);
  return mapped(call.input(0), (x) => 0.5 * x * (1 + cdf(x)));
};

const clip: EvalRow = (call) => {
  const [, min, max] = call.inputs;
  const low = min?.data[0] ?? Number.NEGATIVE_INFINITY;
  const high = max?.data[0] ?? Number.POSITIVE_INFINITY;
  return mapped(call.input(0), (x) => Math.min(Math.max(x, low), high));
};

const prelu: EvalRow = (call) => {
  const x = call.input(0);
  const slope = broadcastTo(call.input(1), broadcastDims(call.where, [x.dims, call.input(1).dims]));
  return { ...x, data: x.data.map((v, i) => (v < 0 ? v * slope[i] : v)) };
};

const elu = (alpha: number) => (x: number) => (x < 0 ? alpha * Math.expm1(x) : x);

/** The inputs of a node stretched to their common shape. */
export function stretched(call: Call): { dims: number[]; columns: Float64Array[] } {
  const inputs = call.inputs.map((_, i) => call.input(i));
  const dims = broadcastDims(
    call.where,
    inputs.map((x) => x.dims),
  );
  return { dims, columns: inputs.map((x) => broadcastTo(x, dims)) };
}

/** Two numbers of this dtype to one of it. */
type Binary = (a: number, b: number, where: Pick<Call, 'where' | 'refuse'>) => number;

function zipped(call: Call, f: (a: number, b: number) => number): NumArray {
  const { dims, columns } = stretched(call);
  const [a, b] = columns;
  return { dtype: call.input(0).dtype, dims, data: a.map((v, i) => f(v, b[i])) };
}

const binary =
  (
    real: Binary,
    integer: (call: Call, dtype: NumArray['dtype']) => (a: number, b: number) => number,
  ): EvalRow =>
  (call) => {
    const { dtype } = call.input(0);
    return zipped(call, isInteger(dtype) ? integer(call, dtype) : (a, b) => real(a, b, call));
  };

/** Integer arithmetic that only has to be brought back into the type's range. */
const wrapping =
  (f: (a: number, b: number) => number) =>
  ({ where }: Call, dtype: NumArray['dtype']) =>
  (a: number, b: number) =>
    wrapped(where, dtype, f(a, b));

const add = (a: number, b: number) => a + b;
const subtract = (a: number, b: number) => a - b;

const nonZero = (call: Call, divisor: number) =>
  divisor === 0 ? call.refuse('run-failed', 'a divisor other than 0', '0') : divisor;

const integerDivide = (call: Call, dtype: NumArray['dtype']) => (a: number, b: number) =>
  wrapped(call.where, dtype, Math.trunc(a / nonZero(call, b)));

/** The remainder with the divisor's sign (NumPy's mod), or with `fmod` the dividend's (C's fmod). */
const mod: EvalRow = (call) => {
  const integers = isInteger(call.input(0).dtype);
  const remainder = (a: number, b: number) => a % (integers ? nonZero(call, b) : b);
  if (call.flag('fmod')) return zipped(call, remainder);
  return zipped(call, (a, b) => {
    const rest = remainder(a, b);
    if (rest === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
    return rest < 0 === b < 0 ? rest : rest + b;
  });
};

const pow: EvalRow = (call) => {
  const { dtype } = call.input(0);
  if (!isInteger(dtype)) return zipped(call, (a, b) => a ** b);
  return zipped(call, (a, b) => wrapped(call.where, dtype, Math.trunc(a ** b)));
};

/** A fold over any number of broadcast inputs. */
const variadic =
  (f: (a: number, b: number) => number): EvalRow =>
  (call) => {
    const { dims, columns } = stretched(call);
    const [first, ...rest] = columns;
    const data = first.map((v, i) => rest.reduce((total, column) => f(total, column[i]), v));
    return { dtype: call.input(0).dtype, dims, data };
  };

const mean: EvalRow = (call) => {
  const { dims, columns } = stretched(call);
  const out = filled(call.input(0).dtype, dims);
  return { ...out, data: out.data.map((_, i) => columns.reduce((sum, x) => sum + x[i], 0) / columns.length) };
};

const where: EvalRow = (call) => {
  const { dims, columns } = stretched(call);
  const [condition, yes, no] = columns;
  const data = condition.map((c, i) => (c ? yes : no)[i]);
  return { dtype: call.input(1).dtype, dims, data };
};

export const unaryRows = {
  Abs: unary(Math.abs),
  Acos: unary(Math.acos),
  Acosh: unary(Math.acosh),
  Asin: unary(Math.asin),
  Asinh: unary(Math.asinh),
  Atan: unary(Math.atan),
  Atanh: unary(Math.atanh),
  Ceil: unary(Math.ceil),
  Celu: shaped(
    { alpha: 1 },
    ({ alpha }) =>
      (x) =>
        x < 0 ? alpha * Math.expm1(x / alpha) : x,
  ),
  Clip: clip,
  Cos: unary(Math.cos),
  Cosh: unary(Math.cosh),
  Elu: shaped({ alpha: 1 }, ({ alpha }) => elu(alpha)),
  Erf: unary(erf),
  Exp: unary(Math.exp),
  Floor: unary(Math.floor),
  Gelu: gelu,
  HardSigmoid: shaped(
    { alpha: 0.2, beta: 0.5 },
    ({ alpha, beta }) =>
      (x) =>
        Math.max(0, Math.min(1, alpha * x + beta)),
  ),
  HardSwish: unary((x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))),
  LeakyRelu: shaped(
    { alpha: 0.01 },
    ({ alpha }) =>
      (x) =>
        x < 0 ? alpha * x : x,
  ),
  Log: unary(Math.log),
  Mish: unary((x) => x * Math.tanh(softplus(x))),
  Neg: neg,
  PRelu: prelu,
  Reciprocal: unary((x) => 1 / x),
  Relu: unary((x) => Math.max(x, 0)),
  Round: unary(roundHalfEven),
  Selu: shaped(
    { alpha: 1.6732631921768188, gamma: 1.0507010221481323 },
    ({ alpha, gamma }) =>
      (x) =>
        gamma * elu(alpha)(x),
  ),
  Shrink: shaped({ lambd: 0.5, bias: 0 }, ({ lambd, bias }) => (x) => {
    if (x < -lambd) return x + bias;
    return x > lambd ? x - bias : 0;
  }),
  Sigmoid: unary(sigmoid),
  Sign: unary(Math.sign),
  Sin: unary(Math.sin),
  Sinh: unary(Math.sinh),
  Softplus: unary(softplus),
  Softsign: unary((x) => x / (1 + Math.abs(x))),
  Sqrt: unary(Math.sqrt),
  Tan: unary(Math.tan),
  Tanh: unary(Math.tanh),
  ThresholdedRelu: shaped(
    { alpha: 1 },
    ({ alpha }) =>
      (x) =>
        x > alpha ? x : 0,
  ),
} satisfies Record<string, EvalRow>;

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
