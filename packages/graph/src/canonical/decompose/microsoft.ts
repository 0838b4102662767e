import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { looseAttributesOf } from '../../ir/loose-attributes.js';
import type { Attributes, Node } from '../../ir/types.js';
import { appendChanged, input, type OpRewrite, type OpRewrites, trimmed } from '../../rewrite/op-rewrite.js';
import { multiHeadAttention, projectedAttention } from './attention.js';
import { activation, floatsOf, gelu, rootMeanSquare, scaled, swish, tanhGelu } from './formulas.js';
import { microsoftRotaryEmbedding } from './rotary.js';

/** Returns the attributes with the given names. */
function only(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)));
}

const CONV_ATTRIBUTES = ['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides'];

/** activation(Conv(x, w, bias) + z). */
const fusedConv: OpRewrite = (node, b) => {
  const a = looseAttributesOf(node);
  const conv = b.emit('Conv', trimmed(node.inputs.slice(0, 3)), only(node.attributes, CONV_ATTRIBUTES));
  const sum = input(node, 3) === '' ? conv : b.emit('Add', [conv, input(node, 3)]);
  const parameters = a.floats('activation_params') ?? [];
  return asOutputs(activation(b, sum, { name: a.string('activation', ''), parameters }));
};

/** activation(Gemm(a, b, c)). */
const fusedGemm: OpRewrite = (node, b) => {
  const a = looseAttributesOf(node);
  const gemm = b.emit(
    'Gemm',
    trimmed(node.inputs),
    only(node.attributes, ['alpha', 'beta', 'transA', 'transB']),
  );
  const parameters = floatsOf(a, ['activation_alpha', 'activation_beta']);
  return asOutputs(activation(b, gemm, { name: a.string('activation', ''), parameters }));
};

const asOutputs = (value: string | undefined): readonly string[] | undefined =>
  value === undefined ? undefined : [value];

/** alpha * op(a) · op(b), where op applies trans (swaps the last two axes) and transBatch (moves the first axis before the last). */
const fusedMatMul: OpRewrite = (node, b) => {
  const a = looseAttributesOf(node);
  const operand = (index: number, name: string) =>
    transposed(b, input(node, index), {
      swap: a.int(`trans${name}`, 0) !== 0,
      batch: a.int(`transBatch${name}`, 0) !== 0,
    });
  return [scaled(b, b.emit('MatMul', [operand(0, 'A'), operand(1, 'B')]), a.float('alpha', 1))];
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
  const epsilon = attr.float(looseAttributesOf(node).float('epsilon', 1e-12));
  const normal = b.emitMany(
    'LayerNormalization',
    trimmed([sum, gamma, beta]),
    wantsStatistics(node) ? 3 : 1,
    {
      axis: attr.int(-1),
      epsilon,
    },
  );
  return [normal[0] ?? '', normal[1] ?? '', normal[2] ?? '', sum];
};

/** RMS normalisation of x + skip + bias; the sum is the fourth output. */
const skipSimplified: OpRewrite = (node, b) => {
  const sum = summed(node, b, input(node, 3));
  const epsilon = looseAttributesOf(node).float('epsilon', 1e-12);
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
  const a = looseAttributesOf(node);
  const options = { axis: a.int('axis', -1), epsilon: a.float('epsilon', 1e-5) };
  const [normal, inverse] = rootMeanSquare(b, input(node, 0), options);
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
  FusedConv: fusedConv,
  FusedGemm: fusedGemm,
  FusedMatMul: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  Gelu: (node, b) => [gelu(b, input(node, 0))],
  BiasGelu: (node, b) => [gelu(b, biased(node, b))],
  FastGelu: (node, b) => [tanhGelu(b, biased(node, b))],
  QuickGelu: (node, b) => [swish(b, input(node, 0), looseAttributesOf(node).float('alpha', 1.702))],
  LayerNormalization: standard,
  SkipLayerNormalization: skipLayerNormalization,
  SimplifiedLayerNormalization: simplified,
  SkipSimplifiedLayerNormalization: skipSimplified,
  QuantizeLinear: standard,
  DequantizeLinear: standard,
  Trilu: standard,
};
