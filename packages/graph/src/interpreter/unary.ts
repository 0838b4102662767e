import { type AttributesOf, attributesOf } from '../ir/attributes.js';
import { roundHalfEven, wrapped } from '../ir/integers.js';
import type { Op } from '../ir/ops.js';
import { broadcastTo, type NumArray } from './array.js';
import type { EvalRow } from './call.js';
import { erf, sigmoid, softplus } from './special.js';

type Scalar = (x: number) => number;

function mapElements(x: NumArray, f: Scalar): NumArray {
  return { ...x, data: x.data.map((v) => f(v)) };
}

const unary =
  (f: Scalar): EvalRow =>
  (call) =>
    mapElements(call.input(0), f);

/** An elementwise function with attributes. */
const withAttributes =
  <N extends Op>(op: N, make: (attributes: AttributesOf<N>) => Scalar): EvalRow =>
  (call) =>
    mapElements(call.input(0), make(attributesOf(call.node, op)));

const neg: EvalRow = (call) => {
  const x = call.input(0);
  return mapElements(x, (v) => wrapped(call.where, x.dtype, -v));
};

const gelu: EvalRow = (call) => {
  const tanh = (x: number) => Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
  const cdf =
    attributesOf(call.node, 'Gelu').approximate === 'tanh' ? tanh : (x: number) => erf(x / Math.SQRT2);
  return mapElements(call.input(0), (x) => 0.5 * x * (1 + cdf(x)));
};

const clip: EvalRow = (call) => {
  const [, min, max] = call.inputs;
  const low = min?.data[0] ?? Number.NEGATIVE_INFINITY;
  const high = max?.data[0] ?? Number.POSITIVE_INFINITY;
  return mapElements(call.input(0), (x) => Math.min(Math.max(x, low), high));
};

const prelu: EvalRow = (call) => {
  const x = call.input(0);
  const slope = broadcastTo(call.where, call.input(1), x.dims);
  return { ...x, data: x.data.map((v, i) => (v < 0 ? v * slope[i] : v)) };
};

const elu = (alpha: number) => (x: number) => (x < 0 ? alpha * Math.expm1(x) : x);

export const unaryRows = {
  Abs: unary(Math.abs),
  Acos: unary(Math.acos),
  Acosh: unary(Math.acosh),
  Asin: unary(Math.asin),
  Asinh: unary(Math.asinh),
  Atan: unary(Math.atan),
  Atanh: unary(Math.atanh),
  Ceil: unary(Math.ceil),
  Celu: withAttributes(
    'Celu',
    ({ alpha }) =>
      (x) =>
        x < 0 ? alpha * Math.expm1(x / alpha) : x,
  ),
  Clip: clip,
  Cos: unary(Math.cos),
  Cosh: unary(Math.cosh),
  Elu: withAttributes('Elu', ({ alpha }) => elu(alpha)),
  Erf: unary(erf),
  Exp: unary(Math.exp),
  Floor: unary(Math.floor),
  Gelu: gelu,
  HardSigmoid: withAttributes(
    'HardSigmoid',
    ({ alpha, beta }) =>
      (x) =>
        Math.max(0, Math.min(1, alpha * x + beta)),
  ),
  HardSwish: unary((x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))),
  LeakyRelu: withAttributes(
    'LeakyRelu',
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
  Selu: withAttributes(
    'Selu',
    ({ alpha, gamma }) =>
      (x) =>
        gamma * elu(alpha)(x),
  ),
  Shrink: withAttributes('Shrink', ({ lambd, bias }) => (x) => {
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
  ThresholdedRelu: withAttributes(
    'ThresholdedRelu',
    ({ alpha }) =>
      (x) =>
        x > alpha ? x : 0,
  ),
} satisfies Record<string, EvalRow>;
