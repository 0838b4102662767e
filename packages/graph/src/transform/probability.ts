import type { Graph, Node } from '../types.js';

/** Operators that move or copy numbers but do not change them. */
const MOVES = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'Transpose',
  'Dropout',
]);
const SQUASHES = new Set(['Softmax', 'Sigmoid', 'HardSigmoid']);
const POST_TRANSFORMS = new Set(['SOFTMAX', 'SOFTMAX_ZERO', 'LOGISTIC', 'PROBIT']);

/**
 * Whether an output holds probabilities already: made by Softmax or Sigmoid, or by a classifier of ai.onnx.ml that ends
 * in one, that normalises to sum 1, or whose trees vote with frequencies (no negative leaf).
 */
export function isProbability(graph: Graph, output: string): boolean {
  const node = makerOf(graph, output);
  if (node === undefined) return false;
  return node.domain === 'ai.onnx.ml' ? isClassifierProbability(node) : isSquash(node);
}

/** The value that a Softmax or Sigmoid made an output's probabilities of; undefined where none of them did. */
export function logitsOf(graph: Graph, output: string): string | undefined {
  const node = makerOf(graph, output);
  return node !== undefined && isSquash(node) ? node.inputs[0] : undefined;
}

/** The node that computed what an output holds. */
function makerOf(graph: Graph, output: string): Node | undefined {
  const maker = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let node = maker.get(output);
  while (node !== undefined && node.domain === '' && MOVES.has(node.op)) node = maker.get(node.inputs[0]);
  return node;
}

const isSquash = ({ domain, op }: Node): boolean => domain === '' && SQUASHES.has(op);

function isClassifierProbability({ op, attributes }: Node): boolean {
  if (op === 'Normalizer') return attributes.norm?.value === 'L1';
  const last = attributes.post_transform;
  if (last?.kind === 'string' && POST_TRANSFORMS.has(last.value)) return true;
  const votes = attributes.class_weights ?? attributes.class_weights_as_tensor;
  if (op !== 'TreeEnsembleClassifier' || votes === undefined) return false;
  if (votes.kind === 'floats') return votes.value.every((vote) => vote >= 0);
  return votes.kind === 'tensor' && noneNegative(votes.value.data);
}

const noneNegative = (data: ArrayLike<number | bigint | string>): boolean =>
  Array.from(data).every((vote) => Number(vote) >= 0);
