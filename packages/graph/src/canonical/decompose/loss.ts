import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Op } from '../../ir/ops.js';
import type { Node } from '../../ir/types.js';
import { input, type OpRewrite } from '../../rewrite/op-rewrite.js';

/** The negative log-likelihood of labels [N, ...] under log-probabilities [N, classes, ...]. */
export const negativeLogLikelihood: OpRewrite = (node, b) =>
  hasKnownTypes(node, b) ? [reduced(node, b, input(node, 0))] : undefined;

/** The negative log-likelihood under the log-softmax of the scores, which is the second output. */
export const softmaxCrossEntropy: OpRewrite = (node, b) => {
  if (!hasKnownTypes(node, b)) return undefined;
  const logarithms = b.emit('LogSoftmax', [input(node, 0)], { axis: attr.int(1) });
  return [reduced(node, b, logarithms), logarithms];
};

/** Whether the shapes of scores and labels are known. */
const hasKnownTypes = (node: Node, b: GraphBuilder): boolean =>
  [0, 1].every((i) => b.typeOf(input(node, i))?.dims !== undefined);

/** The loss of every label times its weight, and the weights; both 0 for ignored labels. */
interface Losses {
  readonly losses: string;
  /** Undefined where every weight is 1. */
  readonly weights: string | undefined;
}

const lossAttributes = (node: Node) =>
  attributesOf(node, 'NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss');

function lossesOf(node: Node, graph: GraphBuilder, logarithms: string): Losses {
  const b = mathBuilder(graph);
  const [, labels = '', classWeights = ''] = node.inputs;
  const { ignore_index: index } = lossAttributes(node);
  const ignored = index !== undefined;
  const kept = ignored ? b.map('Not', b.compare('Equal', labels, index)) : '';
  const zeroIgnored = (x: string) => (ignored ? b.where(kept, x, 0) : x);
  const chosen = zeroIgnored(labels);
  const picked = b.emit('GatherElements', [logarithms, b.unsqueeze(chosen, [1])], { axis: attr.int(1) });
  const losses = b.neg(b.squeeze(picked, [1]));
  if (classWeights === '') {
    return { losses: zeroIgnored(losses), weights: ignored ? b.mask(kept, losses) : undefined };
  }
  const weights = zeroIgnored(b.emit('Gather', [classWeights, chosen], { axis: attr.int(0) }));
  return { losses: zeroIgnored(b.mul(losses, weights)), weights };
}

/** Applies the attribute `reduction`: none, the sum, or the weighted mean. */
function reduced(node: Node, b: GraphBuilder, logarithms: string): string {
  const { losses, weights } = lossesOf(node, b, logarithms);
  const all = (op: Op, x: string) => b.emit(op, [x], { keepdims: attr.int(0) });
  const { reduction } = lossAttributes(node);
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return all('ReduceSum', losses);
  if (weights === undefined) return all('ReduceMean', losses);
  return b.emit('Div', [all('ReduceSum', losses), all('ReduceSum', weights)]);
}
