import { fail } from '@onnxplain/core';
import type { GraphBuilder } from '../../builder/build.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import { describe } from '../../ir/scope.js';
import type { Node } from '../../ir/types.js';
import { input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';

/**
 * Dropout at inference is the identity. Its mask is true since opset 12; ONNX Runtime fills it with zeros before. A model exported for
 * training is refused, because it is random.
 */
const dropout: OpRewrite = (node, b, from) => {
  const x = input(node, 0);
  const training = from >= 12 && input(node, 2) !== '' && b.constantOf(input(node, 2))?.data[0] !== 0;
  if (training) refuseTraining(node);
  if ((node.outputs[1] ?? '') === '') return [x];
  const kept = b.constant(constantFrom(from < 10 ? b.dtype(x) : 'bool', [], [from < 12 ? 0 : 1]));
  return [x, b.emit('Expand', [kept, b.shape(x)])];
};

function refuseTraining(node: Node): never {
  return fail({
    code: 'model-unsupported',
    where: describe(node),
    expected: 'a model exported for inference',
    got: 'training_mode set, which makes the output random',
    remedy: 'Call model.eval() before exporting.',
  });
}

/**
 * BatchNormalization stays one node at inference: ONNX Runtime folds it into a convolution before it, and its gradient is one
 * multiplication. Batch statistics (training_mode) and statistics per activation (spatial=0, before opset 9) are decomposed.
 */
const batchNormalization: OpRewrite = (node, b, from) => {
  if (from >= 14 && attributesOf(node, 'BatchNormalization').training_mode)
    return withBatchStatistics(node, b);
  if (from < 9 && attributesOf(node, 'BatchNormalization-1').spatial === 0) return perActivation(node, b);
  const attributes = { spatial: undefined, is_test: undefined, consumed_inputs: undefined };
  b.append({
    ...node,
    outputs: node.outputs.slice(0, 1),
    attributes: without(node, Object.keys(attributes)),
  });
  return node.outputs.slice(0, 1);
};

function without(node: Node, names: readonly string[]): Node['attributes'] {
  return Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !names.includes(name)));
}

/** Emits (x - mean) / sqrt(var + epsilon) * scale + bias for values of shapes that broadcast. */
function normalise(
  node: Node,
  b: GraphBuilder,
  [scale = '', bias = '', mean = '', variance = '']: readonly string[],
): string {
  const x = input(node, 0);
  const epsilon = b.scalar(attributesOf(node, 'BatchNormalization').epsilon, variance);
  const deviation = b.emit('Sqrt', [b.emit('Add', [variance, epsilon])]);
  const standard = b.emit('Div', [b.emit('Sub', [x, mean]), deviation]);
  return b.emit('Add', [b.emit('Mul', [standard, scale]), bias]);
}

function perActivation(node: Node, b: GraphBuilder): readonly string[] {
  return [normalise(node, b, node.inputs.slice(1))];
}

/** Normalises by the statistics of the batch, and updates the running statistics with weight 1 - momentum. */
function withBatchStatistics(node: Node, b: GraphBuilder): readonly string[] {
  const [x = '', scale = '', bias = '', oldMean = '', oldVariance = ''] = node.inputs;
  const rank = b.rank(x);
  const axes = b.ints([0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2)]);
  const column = b.ints([1, -1, ...new Array<number>(rank - 2).fill(1)]);
  const spread = (value: string) => b.emit('Reshape', [value, column]);
  const mean = b.emit('ReduceMean', [x, axes]);
  const centred = b.emit('Sub', [x, mean]);
  const variance = b.emit('ReduceMean', [b.emit('Mul', [centred, centred]), axes]);
  const y = normalise(node, b, [spread(scale), spread(bias), mean, variance]);
  const { momentum } = attributesOf(node, 'BatchNormalization');
  const running = (old: string, now: string) => {
    const flat = b.emit('Reshape', [now, b.ints([-1])]);
    const kept = b.emit('Mul', [old, b.scalar(momentum, old)]);
    return b.emit('Add', [kept, b.emit('Mul', [flat, b.scalar(1 - momentum, flat)])]);
  };
  return [
    y,
    ...[oldMean, oldVariance]
      .slice(0, node.outputs.length - 1)
      .map((old, i) => running(old, i === 0 ? mean : variance)),
  ];
}

/** Upgrades of Dropout and BatchNormalization. */
export const training: OpRewrites = { Dropout: dropout, BatchNormalization: batchNormalization };
