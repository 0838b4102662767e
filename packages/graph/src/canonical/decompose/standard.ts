import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import { listOf } from '../../ir/list-of.js';
import { input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';
import { attention } from './attention.js';
import { gelu, scaled, swish, tanhGelu } from './formulas.js';
import { affineGrid, centerCropPad, compress, maxUnpool, tensorScatter } from './indexing.js';
import { negativeLogLikelihood, softmaxCrossEntropy } from './loss.js';
import { simplified } from './microsoft.js';
import { rotaryEmbedding } from './rotary.js';
import { signals } from './signal.js';

/** Normalises each group of channels, then applies scale and bias, which are per group in opset 18 and per channel since 21. */
const groupNormalization: OpRewrite = (node, b, from) => {
  const { epsilon, num_groups: groups } = attributesOf(node, 'GroupNormalization');
  const [x = '', scale = '', bias = ''] = node.inputs;
  const normal = b.emit(
    'InstanceNormalization',
    [
      b.emit('Reshape', [x, b.ints([0, groups, -1])]),
      repeated(b, x, [groups, 1]),
      repeated(b, x, [groups, 0]),
    ],
    { epsilon: attr.float(epsilon) },
  );
  const whole = (value: string) => b.emit('Reshape', [value, b.reshapeTarget(x)]);
  if (from < 21) return [whole(affine(b, normal, { scale, bias }))];
  return [affine(b, whole(normal), { scale, bias })];
};

/** value * scale + bias along axis 1. */
function affine(b: GraphBuilder, value: string, { scale, bias }: { scale: string; bias: string }): string {
  const column = b.ints([1, -1, ...new Array<number>(b.rank(value) - 2).fill(1)]);
  const spread = (vector: string) => b.emit('Reshape', [vector, column]);
  return b.emit('Add', [b.emit('Mul', [value, spread(scale)]), spread(bias)]);
}

/** Returns a constant vector that repeats one number, of the dtype of `like`. */
function repeated(b: GraphBuilder, like: string, [length, value]: readonly [number, number]): string {
  return b.constant(
    constantFrom(
      b.dtype(like),
      [length],
      listOf(length, () => value),
    ),
  );
}

/** Gelu is standard since opset 20. A model of an older opset that has it comes from an optimiser. */
const geluNode: OpRewrite = (node, b) => {
  if (attributesOf(node, 'Gelu').approximate === 'tanh') return [tanhGelu(b, input(node, 0))];
  return b.opset >= 20 ? undefined : [gelu(b, input(node, 0))];
};

/**
 * LpPool is the p-th root of the sum of |x|^p, and the sum is the average times the size of the window. With ceil_mode the last windows
 * may have fewer elements, so that such a node is kept as it is.
 */
const lpPool: OpRewrite = (node, b) => {
  const { ceil_mode: ceil, kernel_shape: kernel, p } = attributesOf(node, 'LpPool');
  if (ceil) return undefined;
  const { p: _, ...attributes } = node.attributes;
  const size = kernel.reduce((product, k) => product * k, 1);
  const x = input(node, 0);
  const power = b.emit('Pow', [b.emit('Abs', [x]), b.scalar(p, x)]);
  const mean = b.emit('AveragePool', [power], { ...attributes, count_include_pad: attr.int(1) });
  return [b.emit('Pow', [scaled(b, mean, size), b.scalar(1 / p, x)])];
};

const globalLpPool: OpRewrite = (node, b) => {
  const { p } = attributesOf(node, 'GlobalLpPool');
  const x = input(node, 0);
  const axes = b.ints(b.dims(x).flatMap((_, i) => (i < 2 ? [] : [i])));
  const power = b.emit('Pow', [b.emit('Abs', [x]), b.scalar(p, x)]);
  return [b.emit('Pow', [b.emit('ReduceSum', [power, axes]), b.scalar(1 / p, x)])];
};

/** alpha * tanh(beta * x). */
const scaledTanh: OpRewrite = (node, b) => {
  const { alpha, beta } = attributesOf(node, 'ScaledTanh');
  return [scaled(b, b.emit('Tanh', [scaled(b, input(node, 0), beta)]), alpha)];
};

/** alpha * x + beta. */
const affineNode: OpRewrite = (node, b) => {
  const { alpha, beta } = attributesOf(node, 'Affine');
  const x = scaled(b, input(node, 0), alpha);
  return [b.emit('Add', [x, b.scalar(beta, x)])];
};

/** x * scale + bias of each channel. */
const imageScaler: OpRewrite = (node, b) => {
  const { bias = [], scale } = attributesOf(node, 'ImageScaler');
  const x = scaled(b, input(node, 0), scale);
  return [b.emit('Add', [x, b.constant(constantFrom(b.dtype(x), [bias.length, 1, 1], bias))])];
};

/** Decompositions of the standard operators that are not in the canonical form: composite ones, newer ones, and experimental ones. */
export const standardOps: OpRewrites = {
  Attention: attention,
  GroupNormalization: groupNormalization,
  RMSNormalization: simplified,
  SimplifiedLayerNormalization: simplified,
  Swish: (node, b) => [swish(b, input(node, 0), attributesOf(node, 'Swish').alpha)],
  Gelu: geluNode,
  LpPool: lpPool,
  GlobalLpPool: globalLpPool,
  ScaledTanh: scaledTanh,
  Affine: affineNode,
  ImageScaler: imageScaler,
  ...signals,
  AffineGrid: affineGrid,
  CenterCropPad: centerCropPad,
  Compress: compress,
  MaxUnpool: maxUnpool,
  NegativeLogLikelihoodLoss: negativeLogLikelihood,
  RotaryEmbedding: rotaryEmbedding,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropy,
  TensorScatter: tensorScatter,
};
