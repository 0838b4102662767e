import type { Op } from '../ir/ops.js';
import * as control from './control.js';
import { multiplyDims } from './dim.js';
import * as draw from './draw.js';
import * as element from './elementwise.js';
import * as linear from './linear.js';
import * as movement from './movement.js';
import * as network from './network.js';
import * as quantisation from './quantise.js';
import * as reduce from './reduce.js';
import * as sampling from './sampling.js';
import * as shape from './shape.js';
import * as signal from './signal.js';
import type { InferRow } from './site.js';
import { slice } from './slice.js';
import * as window from './window.js';

const { arithmetic, comparison, elementwise, logic, pointwise, predicate, sameType } = element;
const whole = pointwise((a) => (typeof a === 'string' || Number.isInteger(a) ? a : undefined));

/** Inference of the types of an operator's outputs, one row for each operator. */
export const INFERENCE: Readonly<Record<Op, InferRow>> = {
  Abs: pointwise((a) => (typeof a === 'number' ? Math.abs(a) : undefined)),
  Acos: sameType, Acosh: sameType, Asin: sameType, Asinh: sameType, Atan: sameType, Atanh: sameType,
  Ceil: pointwise((a) => (typeof a === 'number' ? Math.ceil(a) : a)),
  Celu: sameType, Clip: sameType, Cos: sameType, Cosh: sameType, Elu: sameType, Erf: sameType, Exp: sameType,
  Floor: pointwise((a) => (typeof a === 'number' ? Math.floor(a) : a)),
  Gelu: sameType, HardSigmoid: sameType, HardSwish: sameType, LeakyRelu: sameType, Log: sameType, Mish: sameType,
  Neg: pointwise((a) => multiplyDims(a, -1)),
  PRelu: sameType, Reciprocal: sameType, Relu: sameType, Round: whole, Selu: sameType, Shrink: sameType,
  Sigmoid: sameType, Sign: sameType, Sin: sameType, Sinh: sameType, Softplus: sameType, Softsign: sameType,
  Sqrt: sameType, Tan: sameType, Tanh: sameType, ThresholdedRelu: sameType,

  Add: arithmetic(element.add), Div: arithmetic(element.quotient), Max: arithmetic(element.larger), Mean: elementwise,
  Min: arithmetic(element.smaller), Mod: element.modulo, Mul: arithmetic(element.multiply), Pow: element.pow,
  Sub: arithmetic(element.subtract), Sum: arithmetic(element.add), Where: element.where,

  And: logic((a, b) => a && b), Equal: comparison((d) => d === 0), Greater: comparison((d) => d > 0),
  GreaterOrEqual: comparison((d) => d >= 0), IsInf: predicate, IsNaN: predicate, Less: comparison((d) => d < 0),
  LessOrEqual: comparison((d) => d <= 0), Not: element.not, Or: logic((a, b) => a || b), Xor: logic((a, b) => a !== b),

  Cast: element.cast, CastLike: element.castLike, Dropout: network.dropout, Identity: element.identity,

  Conv: window.conv, ConvTranspose: window.convTranspose, Det: linear.determinant, Einsum: linear.einsum, Gemm: linear.gemm,
  MatMul: linear.matmul,

  AveragePool: window.pool, BatchNormalization: network.batchNormalization, GlobalAveragePool: window.globalPool,
  GlobalMaxPool: window.globalPool, InstanceNormalization: sameType, LRN: sameType,
  LayerNormalization: network.layerNormalization, LogSoftmax: network.alongAxis, LpNormalization: network.alongAxis, MaxPool: window.pool,
  MeanVarianceNormalization: sameType, Softmax: network.alongAxis, Hardmax: network.alongAxis,

  Col2Im: movement.col2im, Concat: movement.concat, DepthToSpace: movement.depthToSpace, Expand: shape.expand, Flatten: shape.flatten,
  Gather: movement.gather, GatherElements: movement.gatherElements, GatherND: movement.gatherND, Pad: movement.pad,
  Reshape: shape.reshape, Resize: movement.resize, ScatterElements: sameType, ScatterND: sameType, Slice: slice,
  SpaceToDepth: movement.spaceToDepth, Split: movement.split, Squeeze: shape.squeeze, Tile: shape.tile,
  Transpose: movement.transpose, Trilu: sameType, Unique: movement.unique,
  Unsqueeze: shape.unsqueeze,

  ArgMax: reduce.argExtreme, ArgMin: reduce.argExtreme, CumProd: sameType, CumSum: sameType,
  NonMaxSuppression: movement.nonMaxSuppression, ReduceL1: reduce.reduction,
  ReduceL2: reduce.reduction, ReduceLogSum: reduce.reduction, ReduceLogSumExp: reduce.reduction,
  ReduceMax: reduce.reduction, ReduceMean: reduce.reduction, ReduceMin: reduce.reduction, ReduceProd: reduce.product,
  ReduceSum: reduce.sum, ReduceSumSquare: reduce.reduction, TopK: reduce.topK,

  DeformConv: window.conv, GridSample: sampling.gridSample, MaxRoiPool: sampling.maxRoiPool, RoiAlign: sampling.roiAlign,

  BlackmanWindow: signal.windowFunction, DFT: signal.dft, HammingWindow: signal.windowFunction,
  HannWindow: signal.windowFunction, MelWeightMatrix: signal.melWeights,

  Bernoulli: draw.drawnLike, Multinomial: draw.multinomial, RandomNormal: draw.drawn, RandomNormalLike: draw.drawnLike,
  RandomUniform: draw.drawn, RandomUniformLike: draw.drawnLike,

  BitCast: element.bitCast, BitShift: elementwise, BitwiseAnd: elementwise, BitwiseNot: sameType, BitwiseOr: elementwise,
  BitwiseXor: elementwise,

  DequantizeLinear: quantisation.dequantise, QuantizeLinear: quantisation.quantise,

  GRU: network.recurrent, LSTM: network.recurrent, RNN: network.recurrent,

  If: control.branches, Loop: control.loop, Scan: control.scan,

  Constant: shape.constant, ConstantOfShape: shape.constantOfShape, EyeLike: shape.eyeLike, NonZero: shape.nonZero,
  OneHot: shape.oneHot, Range: shape.range, Shape: shape.shape, Size: shape.size,
}; // biome-ignore format: the families of ops.ts
