import { float, int, optional, string } from './attribute.js';
import { rms } from './decomposed.js';
import { MANY, op } from './op-schema.js';

const labels = { classlabels_ints: optional('ints'), classlabels_strings: optional('strings') };
const transform = { post_transform: string('NONE') };
const weights = { coefficients: optional('floats'), intercepts: optional('floats'), ...transform };
const machine = {
  ...transform,
  coefficients: optional('floats'),
  kernel_params: optional('floats'),
  kernel_type: string('LINEAR'),
  rho: optional('floats'),
  support_vectors: optional('floats'),
};
const trees = {
  ...transform,
  aggregate_function: string('SUM'),
  base_values: optional('floats'),
  base_values_as_tensor: optional('tensor'),
};
const classifier = { outputs: 2 };

/** Operators of ai.onnx.ml whose attributes somebody reads. */
export const learners = {
  'ai.onnx.ml:Binarizer': op('unary', { threshold: float(0) }),
  'ai.onnx.ml:Imputer': op('unary', {
    imputed_value_floats: optional('floats'),
    imputed_value_int64s: optional('ints'),
    replaced_value_float: float(0),
    replaced_value_int64: int(0),
  }),
  'ai.onnx.ml:LabelEncoder': op('unary', {
    values_floats: optional('floats'),
    values_int64s: optional('ints'),
    values_strings: optional('strings'),
    values_tensor: optional('tensor'),
  }),
  'ai.onnx.ml:LinearClassifier': op('linear', { ...weights, ...labels }, classifier),
  'ai.onnx.ml:LinearRegressor': op('linear', { ...weights, targets: int(1) }),
  'ai.onnx.ml:Normalizer': op('normalisation', { norm: string('MAX') }),
  'ai.onnx.ml:OneHotEncoder': op('shape', {
    cats_int64s: optional('ints'),
    cats_strings: optional('strings'),
  }),
  'ai.onnx.ml:SVMClassifier': op(
    'linear',
    { ...machine, ...labels, prob_a: optional('floats'), vectors_per_class: optional('ints') },
    classifier,
  ),
  'ai.onnx.ml:SVMRegressor': op('linear', { ...machine, n_supports: int(0), one_class: int(0) }),
  'ai.onnx.ml:Scaler': op('unary', { offset: optional('floats'), scale: optional('floats') }),
  'ai.onnx.ml:TreeEnsemble': op('search', { n_targets: int(1) }),
  'ai.onnx.ml:TreeEnsembleClassifier': op(
    'search',
    {
      ...trees,
      ...labels,
      class_ids: optional('ints'),
      class_treeids: optional('ints'),
      class_weights: optional('floats'),
      class_weights_as_tensor: optional('tensor'),
    },
    classifier,
  ),
  'ai.onnx.ml:TreeEnsembleRegressor': op('search', {
    ...trees,
    n_targets: int(1),
    target_ids: optional('ints'),
    target_treeids: optional('ints'),
    target_weights: optional('floats'),
    target_weights_as_tensor: optional('tensor'),
  }),
};

const skip = op('normalisation', { epsilon: float(1e-12) }, { inputs: [3, 5], outputs: [1, 4] });
const product = {
  alpha: float(1),
  transA: int(0),
  transB: int(0),
  transBatchA: int(0),
  transBatchB: int(0),
};
const attention = {
  mask_filter_value: float(-10000),
  num_heads: int(1),
  scale: float(0),
  unidirectional: int(0),
};
const pixels = op('quantisation', { channels_last: int(0) }, { inputs: [4, 5] });

/** Operators of com.microsoft whose attributes somebody reads. */
export const contributed = {
  'com.microsoft:Attention': op(
    'linear',
    { ...attention, qkv_hidden_sizes: optional('ints') },
    { inputs: [2, 7], outputs: [1, 2] },
  ),
  'com.microsoft:EmbedLayerNormalization': op(
    'normalisation',
    { epsilon: float(1e-12), mask_index_type: int(0) },
    { inputs: [7, 9], outputs: [2, 3] },
  ),
  'com.microsoft:FusedConv': op(
    'convolution',
    { activation: string(''), activation_params: optional('floats') },
    { inputs: [2, 4] },
  ),
  'com.microsoft:FusedGemm': op(
    'linear',
    { activation: string(''), activation_alpha: optional('float'), activation_beta: optional('float') },
    { inputs: [2, 3] },
  ),
  'com.microsoft:FusedMatMul': op('linear', product, { inputs: 2 }),
  'com.microsoft:MatMulNBits': op(
    'linear',
    { K: int(0), N: int(0), bits: int(4), block_size: int(32) },
    { inputs: [3, 6] },
  ),
  'com.microsoft:MultiHeadAttention': op('linear', attention, { inputs: [1, 10], outputs: [1, 4] }),
  'com.microsoft:QGemm': op('quantisation', { alpha: float(1), transB: int(0) }, { inputs: [6, 9] }),
  'com.microsoft:QLinearAveragePool': pixels,
  'com.microsoft:QLinearConcat': op('quantisation', { axis: int(0) }, { inputs: [5, MANY] }),
  'com.microsoft:QLinearGlobalAveragePool': pixels,
  'com.microsoft:QuickGelu': op('unary', { alpha: float(1.702) }),
  'com.microsoft:RotaryEmbedding': op(
    'unary',
    { interleaved: int(0), num_heads: int(0), rotary_embedding_dim: int(0) },
    { inputs: 4 },
  ),
  'com.microsoft:SimplifiedLayerNormalization': rms,
  'com.microsoft:SkipLayerNormalization': skip,
  'com.microsoft:SkipSimplifiedLayerNormalization': skip,
  /** The former name of FusedMatMul. */
  'com.microsoft:TransposeMatMul': op('linear', product, { inputs: 2 }),
};
