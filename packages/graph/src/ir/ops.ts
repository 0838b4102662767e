import { fail } from '@onnxplain/core';
import type { Node } from './types.js';

/**
 * The operators of the canonical form, in the spelling of opset 18 or newer. Every table of the compiler (shape inference,
 * interpreter, gradient rules) has a row for each: `Record<Op, ...>` makes a missing row a type error.
 */
export const OPS = [
  // elementwise, one input
  'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'Celu', 'Clip', 'Cos', 'Cosh', 'Elu', 'Erf', 'Exp',
  'Floor', 'Gelu', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Log', 'Mish', 'Neg', 'PRelu', 'Reciprocal', 'Relu', 'Round',
  'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Tan', 'Tanh', 'ThresholdedRelu',
  // elementwise, several inputs
  'Add', 'Div', 'Max', 'Mean', 'Min', 'Mod', 'Mul', 'Pow', 'Sub', 'Sum', 'Where',
  // comparison and logic
  'And', 'Equal', 'Greater', 'GreaterOrEqual', 'IsInf', 'IsNaN', 'Less', 'LessOrEqual', 'Not', 'Or', 'Xor',
  // type and identity
  'Cast', 'CastLike', 'Dropout', 'Identity',
  // linear
  'Conv', 'ConvTranspose', 'Det', 'Einsum', 'Gemm', 'MatMul',
  // pooling and normalisation
  'AveragePool', 'BatchNormalization', 'GlobalAveragePool', 'GlobalMaxPool', 'InstanceNormalization', 'LRN',
  'LayerNormalization', 'LogSoftmax', 'LpNormalization', 'MaxPool', 'MeanVarianceNormalization', 'Softmax', 'Hardmax',
  // movement
  'Col2Im', 'Concat', 'DepthToSpace', 'Expand', 'Flatten', 'Gather', 'GatherElements', 'GatherND', 'Pad', 'Reshape', 'Resize',
  'ScatterElements', 'ScatterND', 'Slice', 'SpaceToDepth', 'Split', 'Squeeze', 'Tile', 'Transpose', 'Trilu', 'Unique', 'Unsqueeze',
  // reductions
  'ArgMax', 'ArgMin', 'CumProd', 'CumSum', 'NonMaxSuppression', 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax',
  'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare', 'TopK',
  // sampling between elements
  'DeformConv', 'GridSample', 'MaxRoiPool', 'RoiAlign',
  // signals
  'BlackmanWindow', 'DFT', 'HammingWindow', 'HannWindow', 'MelWeightMatrix',
  // random numbers
  'Bernoulli', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike',
  // bits
  'BitCast', 'BitShift', 'BitwiseAnd', 'BitwiseNot', 'BitwiseOr', 'BitwiseXor',
  // quantisation
  'DequantizeLinear', 'QuantizeLinear',
  // recurrent
  'GRU', 'LSTM', 'RNN',
  // control flow
  'If', 'Loop', 'Scan',
  // shapes and constants
  'Constant', 'ConstantOfShape', 'EyeLike', 'NonZero', 'OneHot', 'Range', 'Shape', 'Size',
] as const; // biome-ignore format: one family per paragraph

/** Operators whose outputs are not a function of their inputs, or that a session may treat so: never folded, never shared. */
export const DRAWS: ReadonlySet<string> = new Set([
  'Bernoulli', 'Dropout', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike',
]); // biome-ignore format: one family

export type Op = (typeof OPS)[number];

/** The operator of a node of the canonical form. Throws `op-unknown` for another node. */
export function opOf({ op, domain }: Pick<Node, 'op' | 'domain'>): Op {
  if (isOp(op, domain)) return op;
  return fail({
    code: 'op-unknown',
    where: 'graph',
    expected: 'an operator of the canonical form',
    got: domain === '' ? op : `${domain}:${op}`,
    remedy: 'Call canonicalise first.',
  });
}

const known: ReadonlySet<string> = new Set(OPS);

/** Whether a node's operator belongs to the canonical form. */
export function isOp(op: string, domain: string): op is Op {
  return domain === '' && known.has(op);
}
