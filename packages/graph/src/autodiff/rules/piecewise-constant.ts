import { dftRule } from './dft.js';
import type { Rule, Zero } from './rule.js';
import { zero } from './rule.js';

/** Comparisons and logic are piecewise constant. */
export const comparison = {
  And: zero,
  Equal: zero,
  Greater: zero,
  GreaterOrEqual: zero,
  IsInf: zero,
  IsNaN: zero,
  Less: zero,
  LessOrEqual: zero,
  Not: zero,
  Or: zero,
  Xor: zero,
} as const satisfies Record<string, Zero>;

/** Random numbers are not differentiated by the parameters of their distribution. */
export const draws = {
  Bernoulli: zero,
  Multinomial: zero,
  RandomNormal: zero,
  RandomNormalLike: zero,
  RandomUniform: zero,
  RandomUniformLike: zero,
} as const satisfies Record<string, Zero>;

/** Operators on bits are piecewise constant. */
export const bits = {
  BitCast: zero,
  BitShift: zero,
  BitwiseAnd: zero,
  BitwiseNot: zero,
  BitwiseOr: zero,
  BitwiseXor: zero,
} as const satisfies Record<string, Zero>;

/** The Fourier transform, and windows, which depend on integers only. */
export const signals = {
  BlackmanWindow: zero,
  DFT: dftRule,
  HammingWindow: zero,
  HannWindow: zero,
  MelWeightMatrix: zero,
} as const satisfies Record<string, Rule | Zero>;

/** Casts and identities. */
export const identity = {
  Cast: (b, { inputs: [x] }, dy) => [b.cast(dy, b.dtype(x))],
  CastLike: (b, { inputs: [x] }, dy) => [b.cast(dy, b.dtype(x))],
  // In inference mode, Dropout is the identity.
  Dropout: (b, { inputs: [, , training], refuse }, dy) => {
    const on = training ? b.constantOf(training)?.data[0] : 0;
    if (on !== 0)
      refuse('it may be in training mode, where it is random', 'Export the model in inference mode.');
    return [dy];
  },
  Identity: (_, _step, dy) => [dy],
} satisfies Record<string, Rule>;

/** Shapes, constants and operators whose main inputs are integers. */
export const shapes = {
  Constant: zero,
  ConstantOfShape: zero,
  EyeLike: zero,
  NonZero: zero,
  // y = off + (on - off) h with h = [i = index]: doff = sum(dy (1 - h)), don = sum(dy h).
  OneHot: (b, { node, inputs: [indices, depth, values] }, dy) => {
    const indicator = b.concat([b.zeros(b.slice(values, [first])), b.ones(b.slice(values, [first]))], 0);
    const hot = b.emit('OneHot', [indices, depth, indicator], node.attributes);
    const total = (x: string) => b.reshape(b.sum(x, b.others(x, [])), [1]);
    return [undefined, undefined, b.concat([total(b.mul(dy, b.sub(1, hot))), total(b.mul(dy, hot))], 0)];
  },
  // y[i] = start + i delta: dstart = sum(dy), ddelta = sum(dy i). `limit` sets the number of elements only.
  Range: (b, { inputs: [start, , delta], outputs: [y] }, dy) => [
    dy,
    undefined,
    b.mul(dy, b.div(b.sub(y, start), delta)),
  ],
  Shape: zero,
  Size: zero,
} as const satisfies Record<string, Rule | Zero>;

const first = { axis: 0, from: 0, to: 1 };
