import type { Op } from '../../src/index.js';
import {
  attributes,
  fixed,
  type Input,
  int,
  integers,
  ints,
  of,
  random,
  type Sample,
  sample,
  scalar,
} from './make.js';

type Samples = () => readonly Sample[];
type Plain = Parameters<typeof attributes>[0];

interface Transform {
  readonly dims: readonly number[];
  readonly length?: number;
  readonly axis?: number;
  readonly options?: Plain;
}

const dft = ({ dims, length, axis, options = {} }: Transform): Sample => {
  const inputs: Input[] = [random(dims, 131)];
  if (length !== undefined || axis !== undefined) inputs.push(length === undefined ? undefined : int(length));
  if (axis !== undefined) inputs.push(int(axis));
  return sample('DFT', inputs, {
    note: `[${dims}] length ${length}, axis ${axis} ${JSON.stringify(options)}`,
    attributes: attributes(options),
  });
};

const dfts: Samples = () => [
  dft({ dims: [2, 5, 2] }),
  dft({ dims: [2, 6, 1] }),
  dft({ dims: [1, 4, 3, 2], axis: 1 }),
  dft({ dims: [3, 4, 1], length: 6, axis: -2 }),
  dft({ dims: [3, 2, 2], length: 2, axis: 0 }),
  dft({ dims: [2, 6, 1], options: { onesided: 1 } }),
  dft({ dims: [2, 5, 1], options: { onesided: 1 } }),
  dft({ dims: [2, 5, 1], length: 4, options: { onesided: 1 } }),
  dft({ dims: [2, 5, 2], options: { inverse: 1 } }),
  dft({ dims: [2, 4, 1], length: 7, options: { inverse: 1 } }),
  dft({ dims: [2, 4, 2], options: { inverse: 1, onesided: 1 } }),
  dft({ dims: [2, 4, 2], length: 7, options: { inverse: 1, onesided: 1 } }),
  dft({ dims: [2, 3, 2], length: 9, options: { inverse: 1, onesided: 1 } }),
];

const windowFunction =
  (op: 'BlackmanWindow' | 'HammingWindow' | 'HannWindow'): Samples =>
  () => [
    sample(op, [int(6)], { note: 'periodic', smooth: false }),
    sample(op, [int(5)], { note: 'symmetric', smooth: false, attributes: attributes({ periodic: 0 }) }),
    sample(op, [of('int64', [], [4])], {
      note: 'fed',
      smooth: false,
      attributes: attributes({ output_datatype: 11 }),
    }),
  ];

const mel = (bands: number, length: number, highest: number): Sample =>
  sample('MelWeightMatrix', [int(bands), int(length), int(8000), fixed(scalar(0)), fixed(scalar(highest))], {
    note: `${bands} bands of ${length}`,
    smooth: false,
  });

export const signalSamples = {
  BlackmanWindow: windowFunction('BlackmanWindow'),
  DFT: dfts,
  HammingWindow: windowFunction('HammingWindow'),
  HannWindow: windowFunction('HannWindow'),
  MelWeightMatrix: () => [mel(8, 16, 4000), mel(3, 64, 3000)],
} satisfies Partial<Record<Op, Samples>>;

const drawn = (
  op: Op,
  inputs: readonly Input[],
  options: Plain = {},
  floats: Record<string, number> = {},
): Sample =>
  sample(op, inputs, {
    note: JSON.stringify({ ...options, ...floats }),
    smooth: false,
    draws: true,
    attributes: attributes(options, floats),
  });

export const drawSamples = {
  Bernoulli: () => [
    drawn('Bernoulli', [random([3, 4], 132, [0, 1])]),
    drawn('Bernoulli', [random([3], 132, [0, 1])], { dtype: 11 }, { seed: 3 }),
  ],
  Multinomial: () => [
    drawn('Multinomial', [random([2, 5], 133)]),
    drawn('Multinomial', [random([2, 5], 133)], { sample_size: 4, dtype: 7 }),
  ],
  RandomNormal: () => [
    drawn('RandomNormal', [], { shape: [2, 3] }),
    drawn('RandomNormal', [], { shape: [4], dtype: 11 }, { mean: 1, scale: 0.5, seed: 2 }),
  ],
  RandomNormalLike: () => [
    drawn('RandomNormalLike', [random([2, 3], 134)]),
    drawn('RandomNormalLike', [integers('int64', [2], { seed: 134 })], { dtype: 1 }, { mean: 1, scale: 0.5 }),
  ],
  RandomUniform: () => [
    drawn('RandomUniform', [], { shape: [2, 3] }),
    drawn('RandomUniform', [], { shape: [4], dtype: 11 }, { low: -1, high: 2, seed: 2 }),
  ],
  RandomUniformLike: () => [
    drawn('RandomUniformLike', [random([2, 3], 135)]),
    drawn('RandomUniformLike', [random([2], 135)], {}, { low: -1, high: 2 }),
  ],
} satisfies Partial<Record<Op, Samples>>;

const bitwise =
  (op: Op): Samples =>
  () => [
    sample(op, [integers('int32', [2, 3], { seed: 136 }), integers('int32', [3], { seed: 137 })], {
      note: 'negative numbers, broadcast',
      smooth: false,
    }),
    sample(op, [of('uint8', [3], [255, 7, 0]), of('uint8', [3], [15, 200, 1])], {
      note: 'uint8',
      smooth: false,
    }),
  ];

const shift = (direction: string): Sample =>
  sample('BitShift', [of('uint8', [4], [255, 7, 128, 1]), of('uint8', [4], [1, 3, 7, 0])], {
    note: direction,
    smooth: false,
    attributes: attributes({ direction }),
  });

const bitCast = (x: Input, to: number): Sample =>
  sample('BitCast', [x], { note: `to ${to}`, smooth: false, opset: 26, attributes: attributes({ to }) });

export const bitSamples = {
  BitCast: () => [
    bitCast(random([2, 3], 138), 6),
    bitCast(of('int32', [3], [0, 1065353216, -1082130432]), 1),
    bitCast(of('uint8', [2], [255, 1]), 3),
  ],
  BitShift: () => [shift('LEFT'), shift('RIGHT')],
  BitwiseAnd: bitwise('BitwiseAnd'),
  BitwiseNot: () => [
    sample('BitwiseNot', [integers('int32', [4], { seed: 139 })], { note: 'int32', smooth: false }),
    sample('BitwiseNot', [of('uint8', [2], [255, 3])], { note: 'uint8', smooth: false }),
  ],
  BitwiseOr: bitwise('BitwiseOr'),
  BitwiseXor: bitwise('BitwiseXor'),
} satisfies Partial<Record<Op, Samples>>;

const col2im = (
  dims: readonly number[],
  image: readonly number[],
  block: readonly number[],
  options: Plain = {},
): Sample =>
  sample('Col2Im', [random(dims, 141), ints(...image), ints(...block)], {
    note: `[${dims}] to [${image}] by [${block}] ${JSON.stringify(options)}`,
    attributes: attributes(options),
  });

const unique = (x: Input, options: Plain, smooth = true): Sample =>
  sample('Unique', [x], {
    note: JSON.stringify(options),
    outputs: 4,
    smooth,
    attributes: attributes(options),
  });

const cumProd = (x: Input, axis: number, options: Plain = {}): Sample =>
  sample('CumProd', [x, int(axis)], {
    note: `axis ${axis} ${JSON.stringify(options)}`,
    opset: 26,
    attributes: attributes(options),
  });

const boxes = of('float32', [1, 6, 4], [
  [0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [1, 101, 0, 100],
].flat().map(Math.fround)); // biome-ignore format: one row
const scores = of(
  'float32',
  [1, 2, 6],
  [0.9, 0.75, 0.6, 0.95, 0.5, 0.3, 0.2, 0.8, 0.7, 0.1, 0.5, 0.5].map(Math.fround),
);

const suppression = (most: Input, limits: readonly number[], options: Plain = {}): Sample =>
  sample('NonMaxSuppression', [boxes, scores, most, ...limits.map((limit) => fixed(scalar(limit)))], {
    note: `[${limits}] ${JSON.stringify(options)}`,
    smooth: false,
    attributes: attributes(options),
  });

export const placeSamples = {
  Col2Im: () => [
    col2im([2, 12, 6], [3, 4], [2, 2]),
    col2im([1, 8, 4], [4, 5], [2, 2], { strides: [2, 3] }),
    col2im([1, 6, 12], [3, 4], [2, 3], { pads: [1, 0, 0, 2] }),
    col2im([1, 4, 9], [5, 5], [2, 2], { dilations: [2, 2] }),
    col2im([1, 8, 4], [2, 3, 3], [2, 2, 2]),
  ],
  CumProd: () => [
    cumProd(random([3, 4], 142), 1),
    cumProd(random([3, 4], 142), 0, { exclusive: 1 }),
    cumProd(random([2, 4], 142), -1, { reverse: 1 }),
    cumProd(random([2, 4], 142), 1, { exclusive: 1, reverse: 1 }),
    cumProd(of('float32', [2, 4], [1, 0, 2, 3, 0, 0.5, 0, 2]), 1),
  ],
  Det: () => [
    sample('Det', [random([3, 3], 143)], { note: 'one' }),
    sample('Det', [random([2, 3, 2, 2], 144)], { note: 'batches' }),
    sample('Det', [random([2, 1, 1], 145)], { note: 'of one number' }),
    sample('Det', [random([4, 4], 146)], { note: '4 by 4' }),
    sample('Det', [of('float32', [3, 3], [1, 2, 3, 2, 4, 6, 1, 0, 1])], { note: 'singular' }),
    sample('Det', [of('float32', [3, 3], [0, 0, 0, 0, 0, 0, 0, 0, 1])], { note: 'of rank 1' }),
  ],
  NonMaxSuppression: () => [
    suppression(int(3), [0.5, 0.4]),
    suppression(int(2), [0.5]),
    suppression(undefined, []),
    suppression(int(6), [0.3, 0], { center_point_box: 1 }),
  ],
  Unique: () => [
    unique(of('float32', [2, 3], [2, 1, 1.5, 3, 4, -3]), {}),
    unique(of('float32', [2, 3], [2, 1, 1, 3, 4, 3]), {}, false),
    unique(of('float32', [2, 3], [2, 1, 1, 3, 4, 3]), { sorted: 0 }, false),
    unique(random([3, 2], 147), { axis: 0 }),
    unique(random([2, 3], 147), { axis: -1, sorted: 0 }),
    unique(of('float32', [3, 2], [1, 0, 1, 0, 2, 3]), { axis: 0 }, false),
  ],
} satisfies Partial<Record<Op, Samples>>;
