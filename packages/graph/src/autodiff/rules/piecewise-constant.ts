import { dftRule } from './dft.js';
import type { Rule, Zero } from './rule.js';
import { zero } from './rule.js';

/** Comparison and logic: piecewise constant. */
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

/** Random numbers: what they are drawn with has no derivative. */
export const draws = {
  Bernoulli: zero,
  Multinomial: zero,
  RandomNormal: zero,
  RandomNormalLike: zero,
  RandomUniform: zero,
  RandomUniformLike: zero,
} as const satisfies Record<string, Zero>;

/** Bits of numbers: piecewise constant. */
export const bits = {
  BitCast: zero,
  BitShift: zero,
  BitwiseAnd: zero,
  BitwiseNot: zero,
  BitwiseOr: zero,
  BitwiseXor: zero,
} as const satisfies Record<string, Zero>;

/** Transforms and windows, which are made from their length. */
export const signals = {
  BlackmanWindow: zero,
  DFT: dftRule,
  HammingWindow: zero,
  HannWindow: zero,
  MelWeightMatrix: zero,
} as const satisfies Record<string, Rule | Zero>;

/** Type and identity. */
export const identity = {
  Cast: (b, { inputs: [x] }, dy) => [b.cast(dy, b.dtype(x))],
  CastLike: (b, { inputs: [x] }, dy) => [b.cast(dy, b.dtype(x))],
  // Without training mode it passes its input on.
  Dropout: (b, { inputs: [, , training], refuse }, dy) => {
    const on = training ? b.constantOf(training)?.data[0] : 0;
    if (on !== 0)
      refuse('it may be in training mode, where it is random', 'Export the model in inference mode.');
    return [dy];
  },
  Identity: (_, _step, dy) => [dy],
} satisfies Record<string, Rule>;

/** Shapes, constants and what is made from integers. */
export const shapes = {
  Constant: zero,
  ConstantOfShape: zero,
  EyeLike: zero,
  NonZero: zero,
  // off + (on - off) [i = index].
  OneHot: (b, { node, inputs: [indices, depth, values] }, dy) => {
    const indicator = b.concat([b.zeros(b.slice(values, [first])), b.ones(b.slice(values, [first]))], 0);
    const hot = b.emit('OneHot', [indices, depth, indicator], node.attributes);
    const total = (x: string) => b.reshape(b.sum(x, b.others(x, [])), [1]);
    return [undefined, undefined, b.concat([total(b.mul(dy, b.sub(1, hot))), total(b.mul(dy, hot))], 0)];
  },
  // start + i delta; the number of elements is an integer.
  Range: (b, { inputs: [start, , delta], outputs: [y] }, dy) => [
    dy,
    undefined,
    b.mul(dy, b.div(b.sub(y, start), delta)),
  ],
  Shape: zero,
  Size: zero,
} as const satisfies Record<string, Rule | Zero>;

const first = { axis: 0, from: 0, to: 1 };
