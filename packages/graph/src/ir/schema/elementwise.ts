import { flag, float, int, optional, required, string } from './attribute.js';
import { MANY, op } from './op-schema.js';

const unary = op('unary', {});
const arithmetic = op('arithmetic', {}, { inputs: 2 });
const variadic = op('arithmetic', {}, { inputs: [1, MANY] });
const comparison = op('comparison', {}, { inputs: 2 });
const logic = op('logic', {}, { inputs: 2 });
const binary = op('bits', {}, { inputs: 2 });

const conversion = { saturate: int(1), round_mode: string('up') };

/** Operators that take elements one by one. */
export const elementwise = {
  Abs: unary,
  Acos: unary,
  Acosh: unary,
  Asin: unary,
  Asinh: unary,
  Atan: unary,
  Atanh: unary,
  Ceil: unary,
  Celu: op('unary', { alpha: float(1) }),
  Clip: op('unary', {}, { inputs: [1, 3] }),
  Cos: unary,
  Cosh: unary,
  Elu: op('unary', { alpha: float(1) }),
  Erf: unary,
  Exp: unary,
  Floor: unary,
  Gelu: op('unary', { approximate: string('none') }),
  HardSigmoid: op('unary', { alpha: float(0.2), beta: float(0.5) }),
  HardSwish: unary,
  LeakyRelu: op('unary', { alpha: float(0.01) }),
  Log: unary,
  Mish: unary,
  Neg: unary,
  PRelu: op('unary', {}, { inputs: 2 }),
  Reciprocal: unary,
  Relu: unary,
  Round: unary,
  Selu: op('unary', { alpha: float(1.6732631921768188), gamma: float(1.0507010221481323) }),
  Shrink: op('unary', { bias: float(0), lambd: float(0.5) }),
  Sigmoid: unary,
  Sign: unary,
  Sin: unary,
  Sinh: unary,
  Softplus: unary,
  Softsign: unary,
  Sqrt: unary,
  Tan: unary,
  Tanh: unary,
  ThresholdedRelu: op('unary', { alpha: float(1) }),

  Add: arithmetic,
  Div: arithmetic,
  Max: variadic,
  Mean: variadic,
  Min: variadic,
  Mod: op('arithmetic', { fmod: flag(false, 'strict') }, { inputs: 2 }),
  Mul: arithmetic,
  Pow: arithmetic,
  Sub: arithmetic,
  Sum: variadic,
  Where: op('arithmetic', {}, { inputs: 3 }),

  And: logic,
  Equal: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  IsInf: op('comparison', { detect_negative: flag(true, 'nonzero'), detect_positive: flag(true, 'nonzero') }),
  IsNaN: op('comparison', {}),
  Less: comparison,
  LessOrEqual: comparison,
  Not: op('logic', {}),
  Or: logic,
  Xor: logic,

  Cast: op('copy', { to: required('int'), ...conversion }),
  CastLike: op('copy', conversion, { inputs: 2 }),
  /** Training only; inference passes the input on. */
  Dropout: op('draw', { seed: optional('int') }, { inputs: [1, 3], outputs: [1, 2] }),
  Identity: op('copy', {}),
};

/** Operators on the bits of elements. */
export const bits = {
  BitCast: op('bits', { to: required('int') }),
  BitShift: op('bits', { direction: required('string') }, { inputs: 2 }),
  BitwiseAnd: binary,
  BitwiseNot: op('bits', {}),
  BitwiseOr: binary,
  BitwiseXor: binary,
};
