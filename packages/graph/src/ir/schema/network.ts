import { type AttributeSchemas, flag, float, int, ints, optional, required, string } from './attribute.js';
import { MANY, op } from './op-schema.js';

const windowed = {
  auto_pad: string('NOTSET'),
  dilations: optional('ints'),
  pads: optional('ints'),
  strides: optional('ints'),
};
const convolution = { ...windowed, group: int(1), kernel_shape: optional('ints') };
const pooling = { ...windowed, ceil_mode: flag(false, 'one'), kernel_shape: required('ints') };
const alongLast = op('normalisation', { axis: int(-1) });
const globalPool = op('pooling', {});

const recurrent = {
  activation_alpha: optional('floats'),
  activation_beta: optional('floats'),
  activations: optional('strings'),
  clip: optional('float'),
  direction: string('forward'),
  hidden_size: optional('int'),
  layout: flag(false, 'nonzero'),
} satisfies AttributeSchemas;

const quantised = { axis: int(1), block_size: int(0), output_dtype: int(0) };

/** Linear layers, pooling and normalisation. */
export const layers = {
  Conv: op('convolution', convolution, { inputs: [2, 3] }),
  ConvTranspose: op(
    'convolution',
    { ...convolution, output_padding: optional('ints'), output_shape: optional('ints') },
    { inputs: [2, 3] },
  ),
  Det: op('linear', {}),
  Einsum: op('linear', { equation: required('string') }, { inputs: [1, MANY] }),
  Gemm: op(
    'linear',
    { alpha: float(1), beta: float(1), transA: flag(false, 'nonzero'), transB: flag(false, 'nonzero') },
    { inputs: [2, 3] },
  ),
  MatMul: op('linear', {}, { inputs: 2 }),

  AveragePool: op('pooling', { ...pooling, count_include_pad: flag(false, 'nonzero') }),
  BatchNormalization: op(
    'normalisation',
    { epsilon: float(1e-5), momentum: float(0.9), training_mode: flag(false, 'nonzero') },
    { inputs: 5, outputs: [1, 3] },
  ),
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  InstanceNormalization: op('normalisation', { epsilon: float(1e-5) }, { inputs: 3 }),
  LRN: op('normalisation', { alpha: float(1e-4), beta: float(0.75), bias: float(1), size: required('int') }),
  LayerNormalization: op(
    'normalisation',
    { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    { inputs: [2, 3], outputs: [1, 3] },
  ),
  LogSoftmax: alongLast,
  LpNormalization: op('normalisation', { axis: int(-1), p: int(2) }),
  MaxPool: op('pooling', { ...pooling, storage_order: flag(false, 'strict') }, { outputs: [1, 2] }),
  MeanVarianceNormalization: op('normalisation', { axes: ints([0, 2, 3]) }),
  Softmax: alongLast,
  Hardmax: alongLast,
};

/** Integers for real numbers, and back. */
export const quantisation = {
  DequantizeLinear: op('quantisation', quantised, { inputs: [2, 3] }),
  QuantizeLinear: op(
    'quantisation',
    { ...quantised, precision: int(0), saturate: int(1) },
    { inputs: [2, 3] },
  ),
};

/** Recurrent layers. */
export const recurrence = {
  GRU: op(
    'recurrent',
    { ...recurrent, linear_before_reset: flag(false, 'nonzero') },
    { inputs: [3, 6], outputs: [0, 2] },
  ),
  LSTM: op(
    'recurrent',
    { ...recurrent, input_forget: flag(false, 'nonzero') },
    { inputs: [3, 8], outputs: [0, 3] },
  ),
  RNN: op('recurrent', recurrent, { inputs: [3, 6], outputs: [0, 2] }),
};
