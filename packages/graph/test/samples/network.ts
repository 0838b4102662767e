import type { Op } from '../../src/index.js';
import { attributes, distinct, fixed, float32, of, random, type Sample, sample, ties } from './make.js';

type Samples = () => readonly Sample[];
type Plain = Parameters<typeof attributes>[0];

/** A convolution's sample: dims of x and w, attributes, and whether there is a bias. */
const convolution = (
  op: 'Conv' | 'ConvTranspose',
  { x, w, options = {}, bias }: { x: number[]; w: number[]; options?: Plain; bias?: number },
): Sample =>
  sample(op, [random(x, 31), random(w, 32), ...(bias === undefined ? [] : [random([bias], 33)])], {
    note: `x [${x}], w [${w}] ${JSON.stringify(options)}`,
    attributes: attributes(options),
  });

const conv: Samples = () => [
  convolution('Conv', { x: [2, 3, 5, 6], w: [4, 3, 3, 3], bias: 4 }),
  convolution('Conv', {
    x: [1, 2, 5, 5],
    w: [3, 2, 3, 3],
    options: { pads: [1, 1, 1, 1], kernel_shape: [3, 3] },
  }),
  convolution('Conv', {
    x: [1, 2, 6, 7],
    w: [3, 2, 3, 2],
    options: { strides: [2, 3], pads: [1, 0, 2, 1] },
    bias: 3,
  }),
  convolution('Conv', {
    x: [1, 2, 7, 7],
    w: [2, 2, 3, 3],
    options: { dilations: [2, 2], pads: [2, 2, 2, 2] },
  }),
  convolution('Conv', { x: [1, 2, 8, 8], w: [2, 2, 2, 3], options: { dilations: [2, 1], strides: [2, 2] } }),
  convolution('Conv', {
    x: [2, 4, 4, 4],
    w: [6, 2, 3, 3],
    options: { group: 2, pads: [1, 1, 1, 1] },
    bias: 6,
  }),
  convolution('Conv', { x: [1, 3, 4, 4], w: [3, 1, 2, 2], options: { group: 3 } }),
  convolution('Conv', {
    x: [1, 3, 5, 5],
    w: [2, 3, 3, 3],
    options: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  }),
  convolution('Conv', {
    x: [1, 3, 5, 6],
    w: [2, 3, 2, 2],
    options: { auto_pad: 'SAME_LOWER', strides: [2, 1] },
  }),
  convolution('Conv', { x: [1, 3, 5, 5], w: [2, 3, 3, 3], options: { auto_pad: 'VALID' } }),
  convolution('Conv', { x: [1, 4, 3, 3], w: [5, 4, 1, 1], options: { strides: [2, 2] } }),
  convolution('Conv', { x: [2, 2, 9], w: [3, 2, 3], options: { strides: [2], pads: [1, 0] }, bias: 3 }),
  convolution('Conv', { x: [1, 2, 4, 3, 4], w: [2, 2, 2, 2, 2], options: { pads: [1, 0, 0, 0, 1, 1] } }),
];

const convTranspose: Samples = () => [
  convolution('ConvTranspose', { x: [2, 3, 4, 3], w: [3, 2, 3, 3], bias: 2 }),
  convolution('ConvTranspose', {
    x: [1, 2, 3, 3],
    w: [2, 2, 3, 3],
    options: { strides: [2, 2], pads: [1, 1, 1, 1] },
  }),
  convolution('ConvTranspose', {
    x: [1, 2, 3, 3],
    w: [2, 2, 3, 3],
    options: { strides: [3, 2], output_padding: [1, 1], pads: [0, 1, 1, 0] },
  }),
  convolution('ConvTranspose', {
    x: [1, 2, 3, 3],
    w: [2, 2, 3, 3],
    options: { strides: [3, 2], output_shape: [10, 8] },
  }),
  convolution('ConvTranspose', { x: [1, 2, 3, 4], w: [2, 1, 2, 3], options: { dilations: [2, 2] } }),
  convolution('ConvTranspose', {
    x: [1, 4, 3, 3],
    w: [4, 3, 2, 2],
    options: { group: 2, strides: [2, 2] },
    bias: 6,
  }),
  convolution('ConvTranspose', {
    x: [1, 2, 3, 3],
    w: [2, 2, 3, 3],
    options: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  }),
  convolution('ConvTranspose', {
    x: [1, 2, 3, 3],
    w: [2, 2, 3, 3],
    options: { auto_pad: 'SAME_LOWER', strides: [2, 2] },
  }),
  convolution('ConvTranspose', { x: [2, 2, 5], w: [2, 3, 3], options: { strides: [2] } }),
  convolution('ConvTranspose', { x: [1, 1, 2, 3, 2], w: [1, 2, 2, 2, 3], options: { strides: [2, 1, 2] } }),
];

const einsum = (equation: string, ...shapes: readonly number[][]): Sample =>
  sample(
    'Einsum',
    shapes.map((dims, i) => random(dims, 34 + i)),
    { note: equation, attributes: attributes({ equation }) },
  );

const gemm = (options: Plain, c: number[] | undefined, floats: Record<string, number> = {}): Sample => {
  const a = random(options.transA ? [4, 3] : [3, 4], 41);
  const b = random(options.transB ? [5, 4] : [4, 5], 42);
  return sample('Gemm', c === undefined ? [a, b] : [a, b, random(c, 43)], {
    note: `${JSON.stringify({ ...options, ...floats })} c [${c}]`,
    attributes: attributes(options, floats),
  });
};

const matMul = (a: number[], b: number[]): Sample =>
  sample('MatMul', [random(a, 44), random(b, 45)], { note: `[${a}] [${b}]` });

export const linearSamples = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Einsum: () => [
    einsum('ij,jk->ik', [2, 3], [3, 4]),
    einsum('bij,bjk->bik', [2, 2, 3], [2, 3, 2]),
    einsum('ij->ji', [2, 3]),
    einsum('ij->i', [2, 3]),
    einsum('ij->', [2, 3]),
    einsum('ii->i', [3, 3]),
    einsum('ii', [3, 3]),
    einsum('i,j', [3], [2]),
    einsum('bqhd,bkhd->bhqk', [1, 3, 2, 2], [1, 2, 2, 2]),
    einsum('...ij,...jk->...ik', [2, 1, 2, 3], [2, 4, 3, 2]),
    einsum('...i,...i', [2, 3], [2, 3]),
    einsum('ij,jk,kl->il', [2, 2], [2, 3], [3, 2]),
  ],
  Gemm: () => [
    gemm({}, [5]),
    gemm({ transB: 1 }, [3, 5]),
    gemm({ transA: 1 }, [3, 1], { alpha: 0.5, beta: 2 }),
    gemm({ transA: 1, transB: 1 }, undefined, { alpha: 2 }),
    gemm({}, [1], { beta: 0.25 }),
  ],
  MatMul: () => [
    matMul([3, 4], [4, 2]),
    matMul([4], [4]),
    matMul([4], [2, 4, 3]),
    matMul([2, 3, 4], [4]),
    matMul([2, 1, 3, 4], [3, 4, 2]),
    matMul([2, 3, 4], [2, 4, 2]),
    matMul([2, 3, 4], [4, 2]),
  ],
} satisfies Partial<Record<Op, Samples>>;

const pool = (op: 'AveragePool' | 'MaxPool', dims: number[], options: Plain): Sample =>
  sample(op, [distinct(dims, 46)], {
    note: `[${dims}] ${JSON.stringify(options)}`,
    attributes: attributes(options),
  });

const pools = (op: 'AveragePool' | 'MaxPool'): Sample[] => [
  pool(op, [2, 2, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }),
  pool(op, [1, 2, 5, 5], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  pool(op, [1, 2, 5, 5], { kernel_shape: [3, 3] }),
  pool(op, [1, 1, 6, 6], { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 }),
  pool(op, [1, 1, 7, 7], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }),
  pool(op, [1, 1, 7, 7], { kernel_shape: [2, 2], dilations: [2, 3] }),
  pool(op, [1, 2, 5, 5], { kernel_shape: [2, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  pool(op, [1, 2, 5, 5], { kernel_shape: [2, 3], auto_pad: 'SAME_LOWER' }),
  pool(op, [1, 2, 5, 5], { kernel_shape: [2, 3], auto_pad: 'VALID' }),
  pool(op, [2, 2, 7], { kernel_shape: [3], strides: [2], pads: [1, 0] }),
  pool(op, [1, 1, 4, 4, 3], { kernel_shape: [2, 2, 2], strides: [2, 1, 1] }),
];

const normal = (axis?: number): Plain => (axis === undefined ? {} : { axis });

/** An operator along one axis, at several axes. */
const along = (op: Op, axes: readonly (number | undefined)[]): Sample[] =>
  axes.map((axis) =>
    sample(op, [distinct([2, 3, 4], 47, 0.15)], {
      note: `axis ${axis}`,
      attributes: attributes(normal(axis)),
    }),
  );

const layerNorm = (axis: number | undefined, scale: number[], bias: boolean): Sample =>
  sample(
    'LayerNormalization',
    [random([2, 3, 4], 51), random(scale, 52), ...(bias ? [random(scale, 53)] : [])],
    {
      note: `axis ${axis}, scale [${scale}]${bias ? ', bias' : ''}`,
      attributes: attributes(normal(axis), bias ? { epsilon: 0.01 } : {}),
    },
  );

const batchNorm = (dims: number[]): Sample => {
  const c = dims[1];
  const parameters = [random([c], 54), random([c], 55), random([c], 56), random([c], 57, [0.5, 2])];
  return sample('BatchNormalization', [random(dims, 58), ...parameters], { note: `[${dims}]` });
};

export const normSamples = {
  AveragePool: () => [
    ...pools('AveragePool'),
    pool('AveragePool', [1, 2, 5, 5], {
      kernel_shape: [3, 3],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
      count_include_pad: 1,
    }),
    pool('AveragePool', [1, 2, 4, 4], { kernel_shape: [3, 3], pads: [2, 1, 0, 1], count_include_pad: 1 }),
    pool('AveragePool', [1, 1, 6, 6], {
      kernel_shape: [3, 3],
      strides: [2, 2],
      ceil_mode: 1,
      count_include_pad: 1,
      pads: [1, 1, 0, 0],
    }),
  ],
  BatchNormalization: () => [batchNorm([2, 3, 4, 2]), batchNorm([4, 3]), batchNorm([2, 3, 5])],
  GlobalAveragePool: () => [
    sample('GlobalAveragePool', [random([2, 3, 4, 5], 59)]),
    sample('GlobalAveragePool', [random([2, 3, 4], 59)], { note: 'one spatial axis' }),
  ],
  GlobalMaxPool: () => [
    sample('GlobalMaxPool', [distinct([2, 3, 2, 3], 60)]),
    sample('GlobalMaxPool', [ties([1, 2, 3, 3])], { note: 'ties', smooth: false }),
  ],
  Hardmax: () => [
    ...along('Hardmax', [undefined, 0, 1]),
    sample('Hardmax', [ties([2, 9])], { note: 'ties', smooth: false }),
  ],
  InstanceNormalization: () => [
    sample('InstanceNormalization', [random([2, 3, 4, 2], 61), random([3], 62), random([3], 63)]),
    sample('InstanceNormalization', [random([2, 2, 5], 61), random([2], 62), random([2], 63)], {
      note: 'epsilon',
      attributes: attributes({}, { epsilon: 0.1 }),
    }),
  ],
  LRN: () => [
    sample('LRN', [random([2, 5, 2, 2], 64)], {
      note: 'size 3',
      attributes: attributes({ size: 3 }, { alpha: 0.3, beta: 0.6, bias: 1.5 }),
    }),
    sample('LRN', [random([1, 4, 2, 2], 64)], {
      note: 'size 5',
      attributes: attributes({ size: 5 }, { alpha: 0.1 }),
    }),
    sample('LRN', [random([1, 4, 2, 2], 64)], { note: 'size 1', attributes: attributes({ size: 1 }) }),
  ],
  LayerNormalization: () => [
    layerNorm(undefined, [4], true),
    layerNorm(1, [3, 4], true),
    layerNorm(-2, [3, 4], false),
    layerNorm(0, [2, 3, 4], true),
  ],
  LogSoftmax: () => [
    ...along('LogSoftmax', [undefined, 0, 1, -2]),
    sample('LogSoftmax', [float32([2, 3], [1000, 999, 0, -1000, -1000, -1000])], { note: 'large' }),
  ],
  LpNormalization: () => [
    ...along('LpNormalization', [undefined, 0, 1]),
    sample('LpNormalization', [distinct([2, 3], 65)], { note: 'p 1', attributes: attributes({ p: 1 }) }),
  ],
  MaxPool: () => [
    ...pools('MaxPool'),
    ...[0, 1].map((order) =>
      sample('MaxPool', [ties([2, 2, 4, 5])], {
        note: `ties, Indices, storage order ${order}`,
        smooth: false,
        outputs: 2,
        attributes: attributes({ kernel_shape: [2, 2], strides: [1, 2], storage_order: order }),
      }),
    ),
    sample('MaxPool', [float32([1, 1, 3, 3], [-1, -2, -3, -4, -5, -6, -7, -8, -9])], {
      note: 'negative beside padding',
      outputs: 2,
      attributes: attributes({ kernel_shape: [2, 2], pads: [1, 1, 1, 1] }),
    }),
  ],
  MeanVarianceNormalization: () => [
    sample('MeanVarianceNormalization', [random([2, 3, 2, 3], 66)]),
    sample('MeanVarianceNormalization', [random([2, 3, 2, 3], 66)], {
      note: 'axes',
      attributes: attributes({ axes: [0, 1, 2, 3] }),
    }),
  ],
  Softmax: () => [
    ...along('Softmax', [undefined, 0, 1, -2]),
    sample('Softmax', [float32([2, 3], [1000, 999, 0, -1000, -1000, -1000])], { note: 'large' }),
  ],
} satisfies Partial<Record<Op, Samples>>;

const mask = (ratio: number) => [random([2, 3], 67), fixed(float32([], [ratio])), fixed(of('bool', [], [0]))];

export const castSamples = {
  Cast: () => [
    sample('Cast', [random([2, 3], 68)], { note: 'to float32', attributes: attributes({ to: 1 }) }),
    sample('Cast', [random([2, 3], 68)], { note: 'to float64', attributes: attributes({ to: 11 }) }),
    sample('Cast', [float32([6], [-2.7, -0.5, 0, 0.5, 1.5, 3.9])], {
      note: 'to int64',
      smooth: false,
      attributes: attributes({ to: 7 }),
    }),
    sample('Cast', [float32([5], [-2.5, -0, 0, 0.5, NaN])], {
      note: 'to bool',
      smooth: false,
      attributes: attributes({ to: 9 }),
    }),
    sample('Cast', [of('bool', [3], [0, 1, 1])], {
      note: 'bool to float32',
      smooth: false,
      attributes: attributes({ to: 1 }),
    }),
    sample('Cast', [of('int64', [4], [-1, 0, 300, 70000])], {
      note: 'int64 to uint8',
      smooth: false,
      attributes: attributes({ to: 2 }),
    }),
    sample('Cast', [of('int32', [3], [-1, 0, 7])], {
      note: 'int32 to float32',
      smooth: false,
      attributes: attributes({ to: 1 }),
    }),
  ],
  CastLike: () => [
    sample('CastLike', [random([2, 3], 68), fixed(of('float64', [1], [0]))], { note: 'to float64' }),
    sample('CastLike', [float32([3], [-2.7, 0, 1.5]), fixed(of('int32', [1], [0]))], {
      note: 'to int32',
      smooth: false,
    }),
  ],
  Dropout: () => [
    sample('Dropout', [random([2, 3], 67)]),
    sample('Dropout', mask(0.3), { note: 'inference', outputs: 2 }),
  ],
  Identity: () => [
    sample('Identity', [random([2, 3], 69)]),
    sample('Identity', [of('int64', [2], [1, 2])], { note: 'int64', smooth: false }),
  ],
} satisfies Partial<Record<Op, Samples>>;
