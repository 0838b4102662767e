import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { type Op, opSchemas } from '../../ir/ops.js';
import type { Attributes, Node } from '../../ir/types.js';
import { appendChanged, input, type OpRewrite, type OpRewrites, trimmed } from '../../rewrite/op-rewrite.js';
import { multiHeadAttention, projectedAttention } from './attention.js';
import { embedLayerNormalization } from './embed-layer-normalization.js';
import { activation, gelu, rootMeanSquare, scaled, swish, tanhGelu } from './formulas.js';
import { matMulNBits } from './packed-weights.js';
import { microsoftRotaryEmbedding } from './rotary.js';

/** Returns those attributes of a node that an operator has. */
function attributesFor(op: Op, { attributes }: Node): Attributes {
  const known = opSchemas[op].attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => Object.hasOwn(known, name)));
}

/** activation(Conv(x, w, bias) + z). */
const fusedConv: OpRewrite = (node, b) => {
  const { activation: name, activation_params: parameters = [] } = attributesOf(
    node,
    'com.microsoft:FusedConv',
  );
  const conv = b.emit('Conv', trimmed(node.inputs.slice(0, 3)), attributesFor('Conv', node));
  const sum = input(node, 3) === '' ? conv : b.emit('Add', [conv, input(node, 3)]);
  return asOutputs(activation(b, sum, { name, parameters }));
};

/** activation(Gemm(a, b, c)). */
const fusedGemm: OpRewrite = (node, b) => {
  const a = attributesOf(node, 'com.microsoft:FusedGemm');
  const gemm = b.emit('Gemm', trimmed(node.inputs), attributesFor('Gemm', node));
  const parameters = [a.activation_alpha, a.activation_beta];
  return asOutputs(activation(b, gemm, { name: a.activation, parameters }));
};

const asOutputs = (value: string | undefined): readonly string[] | undefined =>
  value === undefined ? undefined : [value];

/** alpha * op(a) · op(b), where op applies trans (swaps the last two axes) and transBatch (moves the first axis before the last). */
const fusedMatMul: OpRewrite = (node, b) => {
  const a = attributesOf(node, 'com.microsoft:FusedMatMul');
  const left = { swap: a.transA !== 0, batch: a.transBatchA !== 0 };
  const right = { swap: a.transB !== 0, batch: a.transBatchB !== 0 };
  const operands = [transposed(b, input(node, 0), left), transposed(b, input(node, 1), right)];
  return [scaled(b, b.emit('MatMul', operands), a.alpha)];
};

function transposed(
  b: GraphBuilder,
  value: string,
  { swap, batch }: { swap: boolean; batch: boolean },
): string {
  const axes = b.dims(value).map((_, i) => i);
  if (axes.length < 2 || !(swap || batch)) return value;
  const [first = 0, ...rest] = axes;
  const order = batch ? [...rest.slice(0, -1), first, ...rest.slice(-1)] : axes;
  const perm = swap ? [...order.slice(0, -2), ...order.slice(-2).reverse()] : order;
  return b.emit('Transpose', [value], { perm: attr.ints(perm) });
}

/** LayerNormalization(x + skip + bias); the sum is the fourth output. */
const skipLayerNormalization: OpRewrite = (node, b) => {
  const [, , gamma = '', beta = ''] = node.inputs;
  const sum = summed(node, b, input(node, 4));
  const { epsilon } = attributesOf(node, 'com.microsoft:SkipLayerNormalization');
  const normal = b.emitMany(
    'LayerNormalization',
    trimmed([sum, gamma, beta]),
    wantsStatistics(node) ? 3 : 1,
    { axis: attr.int(-1), epsilon: attr.float(epsilon) },
  );
  return [normal[0] ?? '', normal[1] ?? '', normal[2] ?? '', sum];
};

/** RMS normalisation of x + skip + bias; the sum is the fourth output. */
const skipSimplified: OpRewrite = (node, b) => {
  const sum = summed(node, b, input(node, 3));
  const { epsilon } = attributesOf(node, 'com.microsoft:SkipSimplifiedLayerNormalization');
  const [normal, inverse] = rootMeanSquare(b, sum, { axis: -1, epsilon });
  return [b.emit('Mul', [normal, input(node, 2)]), '', inverse, sum];
};

const wantsStatistics = (node: Node): boolean => node.outputs.slice(1, 3).some((name) => name !== '');

function summed(node: Node, b: GraphBuilder, bias: string): string {
  const sum = b.emit('Add', [input(node, 0), input(node, 1)]);
  return bias === '' ? sum : b.emit('Add', [sum, bias]);
}

/** RMS normalisation: `SimplifiedLayerNormalization`, also in the standard domain, and `RMSNormalization`. */
export const simplified: OpRewrite = (node, b) => {
  const [normal, inverse] = rootMeanSquare(b, input(node, 0), attributesOf(node, 'RMSNormalization'));
  return [b.emit('Mul', [normal, input(node, 1)]), inverse];
};

const biased = (node: Node, b: GraphBuilder): string =>
  input(node, 1) === '' ? input(node, 0) : b.emit('Add', [input(node, 0), input(node, 1)]);

/** The operator equals the one of the same name in the standard domain. */
const standard: OpRewrite = (node, b) => appendChanged(node, b, { domain: '' });

/** Rewrites of the operators of com.microsoft, which ONNX Runtime's optimiser and exporters for it write. */
export const microsoftOps: OpRewrites = {
  Attention: projectedAttention,
  MultiHeadAttention: multiHeadAttention,
  RotaryEmbedding: microsoftRotaryEmbedding,
  EmbedLayerNormalization: embedLayerNormalization,
  FusedConv: fusedConv,
  FusedGemm: fusedGemm,
  FusedMatMul: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  MatMulNBits: matMulNBits,
  Gelu: (node, b) => [gelu(b, input(node, 0))],
  BiasGelu: (node, b) => [gelu(b, biased(node, b))],
  FastGelu: (node, b) => [tanhGelu(b, biased(node, b))],
  QuickGelu: (node, b) => [swish(b, input(node, 0), attributesOf(node, 'com.microsoft:QuickGelu').alpha)],
  LayerNormalization: standard,
  SkipLayerNormalization: skipLayerNormalization,
  SimplifiedLayerNormalization: simplified,
  SkipSimplifiedLayerNormalization: skipSimplified,
  QuantizeLinear: standard,
  DequantizeLinear: standard,
  Trilu: standard,
};
