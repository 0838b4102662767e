import { flag, float, int, optional, required, string } from './attribute.js';
import { MANY, op } from './op-schema.js';

/** Normalisation by the root of the mean square. */
export const rms = op(
  'normalisation',
  { axis: int(-1), epsilon: float(1e-5) },
  { inputs: 2, outputs: [1, 2] },
);
const loss = { ignore_index: optional('int'), reduction: string('mean') };
const window = { pads: optional('ints'), strides: optional('ints') };

/** Standard operators outside the canonical form, which is written in terms of others: those whose attributes somebody reads. */
export const decomposed = {
  Affine: op('unary', { alpha: float(1), beta: float(0) }),
  AffineGrid: op('sampling', { align_corners: flag(false, 'nonzero') }, { inputs: 2 }),
  Attention: op(
    'linear',
    {
      is_causal: int(0),
      kv_num_heads: int(1),
      left_window_size: int(-1),
      q_num_heads: int(1),
      right_window_size: int(-1),
      scale: optional('float'),
      softcap: float(0),
    },
    { inputs: [3, 7], outputs: [1, 4] },
  ),
  CenterCropPad: op('placement', { axes: optional('ints') }, { inputs: 2 }),
  Compress: op('search', { axis: optional('int') }, { inputs: 2 }),
  ConcatFromSequence: op('movement', { axis: required('int'), new_axis: int(0) }),
  GlobalLpPool: op('pooling', { p: int(2) }),
  GroupNormalization: op(
    'normalisation',
    { epsilon: float(1e-5), num_groups: required('int') },
    { inputs: 3 },
  ),
  ImageScaler: op('unary', { bias: optional('floats'), scale: float(1) }),
  LpPool: op('pooling', { ceil_mode: flag(false, 'one'), kernel_shape: required('ints'), p: int(2) }),
  MaxUnpool: op('placement', { ...window, kernel_shape: required('ints') }, { inputs: [2, 3] }),
  NegativeLogLikelihoodLoss: op('reduction', loss, { inputs: [2, 3] }),
  RMSNormalization: rms,
  ReverseSequence: op('movement', { batch_axis: int(1), time_axis: int(0) }, { inputs: 2 }),
  RotaryEmbedding: op(
    'unary',
    { interleaved: int(0), num_heads: int(0), rotary_embedding_dim: int(0) },
    { inputs: [3, 4] },
  ),
  STFT: op('signal', { onesided: flag(true, 'nonzero') }, { inputs: [2, 4] }),
  ScaledTanh: op('unary', { alpha: float(1), beta: float(1) }),
  SimplifiedLayerNormalization: rms,
  SoftmaxCrossEntropyLoss: op('reduction', loss, { inputs: [2, 3], outputs: [1, 2] }),
  SplitToSequence: op('movement', { axis: int(0), keepdims: flag(true, 'one') }, { inputs: [1, 2] }),
  Swish: op('unary', { alpha: float(1) }),
  TensorScatter: op('placement', { axis: int(-2), mode: string('linear') }, { inputs: [2, 3] }),
  Upsample: op(
    'placement',
    { height_scale: float(1), mode: string('nearest'), scales: optional('floats'), width_scale: float(1) },
    { inputs: [1, 2] },
  ),
};

const flattened = op('normalisation', { axis: int(1) });
const aligned = op('arithmetic', { axis: optional('int'), broadcast: int(0) }, { inputs: 2 });
const axes = op('reshape', { axes: optional('ints') }, { inputs: [1, MANY] });

/** Older versions of operators of the canonical form, by the version that began them. Only the upgrade to today's form reads them. */
export const superseded = {
  /** Also the other operators of two inputs. */
  'Add-1': aligned,
  'BatchNormalization-1': op('normalisation', { spatial: int(1) }, { inputs: 5, outputs: [1, 5] }),
  /** Named the type. */
  'Cast-1': op('copy', { to: required('string') }),
  'Clip-1': op('unary', { max: optional('float'), min: optional('float') }),
  'DFT-17': op('signal', { axis: int(1) }, { inputs: [1, 2] }),
  'LpPool-1': op('pooling', { p: float(2) }),
  'Pad-1': op('placement', { paddings: optional('ints'), pads: optional('ints'), value: float(0) }),
  'Reshape-1': op('reshape', { shape: optional('ints') }),
  'Slice-1': op('movement', { axes: optional('ints'), ends: optional('ints'), starts: optional('ints') }),
  /** Also LogSoftmax and Hardmax. */
  'Softmax-1': flattened,
  'Split-1': op(
    'movement',
    { axis: int(0), split: optional('ints') },
    { inputs: [1, 2], outputs: [1, MANY] },
  ),
  /** Also Unsqueeze and the reductions. */
  'Squeeze-1': axes,
  'TopK-1': op('search', { axis: int(-1), k: int(1) }, { outputs: 2 }),
};
