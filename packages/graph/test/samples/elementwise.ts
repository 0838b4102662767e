import type { Op } from '../../src/index.js';
import {
  attributes,
  distinct,
  fixed,
  float32,
  integers,
  of,
  random,
  type Sample,
  sample,
  scalar,
  ties,
} from './make.js';

type Samples = () => readonly Sample[];

/** Numbers with every special case of IEEE arithmetic among them. */
const special = float32([9], [0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-40, 3e38]);

/** Smooth random inputs in a range, and zeros and ties when they are in it. */
const smoothOn =
  (op: Op, low: number, high: number): Samples =>
  () => [
    sample(op, [random([2, 3, 4], 1, [low, high])], { note: 'random' }),
    sample(op, [random([], 2, [low, high])], { note: 'scalar' }),
    sample(op, [float32([0, 3], [])], { note: 'empty' }),
    ...(low < 0 && high > 0 ? [sample(op, [float32([4], [0, -0, 0, 0])], { note: 'at 0' })] : []),
  ];

/** An operator with kinks: random, and at its kinks. */
const kinkedAt =
  (op: Op, kinks: readonly number[], ...draws: readonly Readonly<Record<string, number>>[]): Samples =>
  () =>
    [{}, ...draws].flatMap((floats) => [
      sample(op, [distinct([2, 3, 5], 3)], { note: 'distinct', attributes: attributes({}, floats) }),
      sample(op, [float32([kinks.length], kinks)], {
        note: 'at kinks',
        smooth: false,
        attributes: attributes({}, floats),
      }),
    ]);

/** A step function: its derivative is 0 or undefined. */
const stepped =
  (op: Op): Samples =>
  () => [
    sample(op, [distinct([2, 5], 4, 0.3)], { note: 'distinct' }),
    sample(op, [float32([9], [-2.5, -1.5, -1, -0.5, 0, 0.5, 1.5, 2, 2.5])], {
      note: 'at steps',
      smooth: false,
    }),
    sample(op, [special], { note: 'special values', smooth: false }),
  ];

export const unarySamples = {
  Abs: () => [
    ...kinkedAt('Abs', [0, -0, 1])(),
    sample('Abs', [integers('int32', [5], { seed: 5 })], { note: 'int32', smooth: false }),
  ],
  Acos: smoothOn('Acos', -0.9, 0.9),
  Acosh: smoothOn('Acosh', 1.1, 4),
  Asin: smoothOn('Asin', -0.9, 0.9),
  Asinh: smoothOn('Asinh', -3, 3),
  Atan: smoothOn('Atan', -3, 3),
  Atanh: smoothOn('Atanh', -0.9, 0.9),
  Ceil: stepped('Ceil'),
  Celu: kinkedAt('Celu', [0, -0, 1, -1], { alpha: 2 }, { alpha: 0.5 }),
  Clip: () => [
    sample('Clip', [distinct([2, 5], 6), fixed(scalar(-0.6)), fixed(scalar(0.7))], { note: 'both' }),
    sample('Clip', [distinct([2, 5], 6), undefined, fixed(scalar(0.7))], { note: 'max only' }),
    sample('Clip', [distinct([2, 5], 6), fixed(scalar(-0.6))], { note: 'min only' }),
    sample('Clip', [distinct([2, 5], 6)], { note: 'neither' }),
    sample('Clip', [distinct([2, 5], 6), scalar(-0.6), scalar(0.7)], { note: 'fed bounds' }),
    sample('Clip', [ties([9]), fixed(scalar(0)), fixed(scalar(1))], { note: 'at bounds', smooth: false }),
    sample('Clip', [ties([9]), fixed(scalar(1)), fixed(scalar(0))], { note: 'min above max', smooth: false }),
  ],
  Cos: smoothOn('Cos', -4, 4),
  Cosh: smoothOn('Cosh', -3, 3),
  Elu: kinkedAt('Elu', [0, -0, 1, -1], { alpha: 2 }, { alpha: 0.5 }),
  Erf: smoothOn('Erf', -4, 4),
  Exp: smoothOn('Exp', -4, 4),
  Floor: stepped('Floor'),
  Gelu: () => [
    ...smoothOn('Gelu', -4, 4)(),
    sample('Gelu', [random([2, 5], 7, [-4, 4])], {
      note: 'tanh',
      attributes: attributes({ approximate: 'tanh' }),
    }),
  ],
  HardSigmoid: kinkedAt('HardSigmoid', [-2.5, 0, 2.5, 3], { alpha: 0.5, beta: 0.25 }, { alpha: -0.5 }),
  HardSwish: kinkedAt('HardSwish', [-3, 0, 3, 4]),
  LeakyRelu: kinkedAt('LeakyRelu', [0, -0, 1, -1], { alpha: 0.2 }, { alpha: -0.5 }, { alpha: 0 }),
  Log: smoothOn('Log', 0.1, 4),
  Mish: smoothOn('Mish', -4, 4),
  Neg: () => [
    ...smoothOn('Neg', -2, 2)(),
    sample('Neg', [integers('int64', [5], { seed: 5 })], { note: 'int64', smooth: false }),
  ],
  PRelu: () => [
    sample('PRelu', [distinct([2, 3, 2, 2], 8), random([3, 1, 1], 9)], { note: 'slope per channel' }),
    sample('PRelu', [distinct([2, 3], 8), random([2, 3], 9)], { note: 'slope per element' }),
    sample('PRelu', [distinct([2, 3], 8), random([1], 9)], { note: 'one slope' }),
    sample('PRelu', [ties([9]), random([9], 9)], { note: 'at 0', smooth: false }),
  ],
  Reciprocal: smoothOn('Reciprocal', 0.3, 3),
  Relu: kinkedAt('Relu', [0, -0, 1, -1]),
  Round: stepped('Round'),
  Selu: kinkedAt('Selu', [0, -0, 1, -1], { alpha: 2, gamma: 0.5 }),
  Shrink: kinkedAt('Shrink', [-0.5, 0.5, 0, 1], { lambd: 0.3, bias: 0.2 }),
  Sigmoid: smoothOn('Sigmoid', -5, 5),
  Sign: stepped('Sign'),
  Sin: smoothOn('Sin', -4, 4),
  Sinh: smoothOn('Sinh', -3, 3),
  Softplus: smoothOn('Softplus', -5, 5),
  Softsign: () => [...smoothOn('Softsign', -3, -0.2)(), ...smoothOn('Softsign', -3, 3)()],
  Sqrt: smoothOn('Sqrt', 0.2, 4),
  Tan: smoothOn('Tan', -1.3, 1.3),
  Tanh: smoothOn('Tanh', -3, 3),
  ThresholdedRelu: kinkedAt('ThresholdedRelu', [1, 0, 2], { alpha: 0.3 }),
} satisfies Partial<Record<Op, Samples>>;

/** Two inputs in all the ways that they can broadcast. */
const pairs = (op: Op, low = -2, high = 2): Sample[] => {
  const draw = (dims: readonly number[], seed: number) => random(dims, seed, [low, high]);
  return [
    sample(op, [draw([2, 3], 11), draw([2, 3], 12)], { note: 'same dims' }),
    sample(op, [draw([2, 3, 4], 11), draw([4], 12)], { note: 'row' }),
    sample(op, [draw([3, 1], 11), draw([2, 1, 4], 12)], { note: 'both stretched' }),
    sample(op, [draw([], 11), draw([2, 2], 12)], { note: 'scalar' }),
  ];
};

const pairOf = (op: Op, dtype: 'int32' | 'int64', low = -5): Sample =>
  sample(op, [integers(dtype, [2, 6], { seed: 13, low }), of(dtype, [6], [1, 2, 3, -2, -3, 4])], {
    note: dtype,
    smooth: false,
  });

const extremum = (op: 'Max' | 'Min'): Sample[] => [
  sample(op, [distinct([2, 6], 14), distinct([2, 6], 15, 0.3)], { note: 'two' }),
  sample(op, [distinct([2, 6], 14)], { note: 'one' }),
  sample(op, [distinct([2, 6], 14), distinct([6], 15, 0.3), distinct([2, 1], 16, 1.1)], {
    note: 'three, broadcast',
  }),
  sample(op, [ties([2, 6]), ties([6])], { note: 'ties', smooth: false }),
  sample(op, [ties([3]), ties([3]), ties([3])], { note: 'all equal', smooth: false }),
  sample(op, [float32([3], [NaN, 1, NaN]), float32([3], [1, NaN, NaN])], { note: 'NaN', smooth: false }),
];

const total = (op: 'Sum' | 'Mean'): Sample[] => [
  sample(op, [random([2, 3], 17)], { note: 'one' }),
  sample(op, [random([2, 3], 17), random([3], 18), random([2, 1], 19)], { note: 'three, broadcast' }),
  sample(op, [random([2], 17), random([2], 17)], { note: 'two' }),
];

export const arithmeticSamples = {
  Add: () => [...pairs('Add'), pairOf('Add', 'int64')],
  Div: () => [...pairs('Div', 0.5, 2), pairOf('Div', 'int64'), pairOf('Div', 'int32')],
  Max: () => extremum('Max'),
  Mean: () => total('Mean'),
  Min: () => extremum('Min'),
  Mod: () => [
    pairOf('Mod', 'int64'),
    sample('Mod', [integers('int32', [6], { seed: 20 }), of('int32', [6], [1, 2, 3, -2, -3, 4])], {
      note: 'fmod of integers',
      smooth: false,
      attributes: attributes({ fmod: 1 }),
    }),
    sample('Mod', [float32([6], [5.3, -5.3, 5.3, -5.3, 0.7, -0.7]), float32([6], [2, 2, -2, -2, 0.3, 0.3])], {
      note: 'fmod of floats',
      attributes: attributes({ fmod: 1 }),
    }),
  ],
  Mul: () => [
    ...pairs('Mul'),
    pairOf('Mul', 'int32'),
    sample('Mul', [ties([9]), ties([9])], { note: 'zeros' }),
  ],
  Pow: () => [
    ...pairs('Pow', 0.3, 2),
    sample('Pow', [random([2, 3], 21), fixed(scalar(2))], { note: 'square' }),
    sample('Pow', [random([2, 3], 21), fixed(scalar(3))], { note: 'cube of negatives' }),
    sample('Pow', [random([2, 3], 21), fixed(of('int64', [], [2]))], { note: 'integer exponent' }),
    sample('Pow', [random([2, 3], 21, [0.5, 2]), fixed(scalar(-0.5))], { note: 'negative exponent' }),
    sample('Pow', [float32([3], [0, 0, 0]), float32([3], [0, 1, 2])], { note: 'base 0', smooth: false }),
    sample('Pow', [float32([4], [0, 0, 0, 0]), fixed(float32([4], [0, 1, 2, 3]))], {
      note: 'constant powers of 0',
    }),
    sample('Pow', [of('int64', [3], [2, -3, 4]), of('int64', [3], [3, 3, 0])], {
      note: 'int64',
      smooth: false,
    }),
  ],
  Sub: () => [...pairs('Sub'), pairOf('Sub', 'int64')],
  Sum: () => total('Sum'),
  Where: () => [
    sample('Where', [fixed(of('bool', [2, 3], [1, 0, 1, 0, 0, 1])), random([2, 3], 22), random([2, 3], 23)], {
      note: 'same dims',
    }),
    sample('Where', [of('bool', [2, 3], [1, 0, 1, 0, 0, 1]), random([2, 3], 22), random([2, 3], 23)], {
      note: 'fed condition',
    }),
    sample('Where', [fixed(of('bool', [3], [1, 0, 1])), random([2, 1], 22), random([], 23)], {
      note: 'broadcast',
    }),
    sample('Where', [fixed(of('bool', [2], [1, 0])), of('int64', [2], [1, 2]), of('int64', [2], [3, 4])], {
      note: 'int64',
      smooth: false,
    }),
  ],
} satisfies Partial<Record<Op, Samples>>;

const compared = (op: Op): Sample[] => [
  sample(op, [ties([2, 9]), ties([9])], { note: 'ties', smooth: false }),
  sample(op, [random([2, 1, 3], 24), random([4, 1], 25)], { note: 'broadcast' }),
  sample(
    op,
    [
      integers('int64', [8], { seed: 26, low: -1, high: 1 }),
      integers('int64', [8], { seed: 27, low: -1, high: 1 }),
    ],
    {
      note: 'int64',
      smooth: false,
    },
  ),
  sample(op, [float32([4], [NaN, NaN, 1, Infinity]), float32([4], [NaN, 1, NaN, Infinity])], {
    note: 'NaN',
    smooth: false,
  }),
];

const truths = of('bool', [4], [0, 0, 1, 1]);
const logical = (op: Op): Sample[] => [
  sample(op, [truths, of('bool', [4], [0, 1, 0, 1])], { note: 'truth table', smooth: false }),
  sample(op, [of('bool', [2, 1], [0, 1]), of('bool', [2], [0, 1])], { note: 'broadcast', smooth: false }),
];

export const compareSamples = {
  And: () => logical('And'),
  Equal: () => [
    ...compared('Equal'),
    sample('Equal', [truths, of('bool', [4], [0, 1, 0, 1])], { note: 'bool', smooth: false }),
  ],
  Greater: () => compared('Greater'),
  GreaterOrEqual: () => compared('GreaterOrEqual'),
  IsInf: () => [
    sample('IsInf', [special], { smooth: false }),
    sample('IsInf', [special], {
      note: 'positive only',
      smooth: false,
      attributes: attributes({ detect_negative: 0 }),
    }),
    sample('IsInf', [special], {
      note: 'negative only',
      smooth: false,
      attributes: attributes({ detect_positive: 0 }),
    }),
  ],
  IsNaN: () => [sample('IsNaN', [special], { smooth: false })],
  Less: () => compared('Less'),
  LessOrEqual: () => compared('LessOrEqual'),
  Not: () => [sample('Not', [truths], { smooth: false })],
  Or: () => logical('Or'),
  Xor: () => logical('Xor'),
} satisfies Partial<Record<Op, Samples>>;
