import { type AttributesOf, attributesOf } from '../../ir/attributes.js';
import { numbersOf } from '../../ir/constant.js';
import type { Constant, Node } from '../../ir/types.js';
import { typeOfNode } from '../../ir/walk.js';
import type { Range } from './range-rules.js';

/** Post transforms whose result lies in [0, 1]. */
const SQUASHES = new Set(['SOFTMAX', 'SOFTMAX_ZERO', 'LOGISTIC', 'PROBIT']);

const TRANSFORMING = [
  'ai.onnx.ml:LinearClassifier',
  'ai.onnx.ml:LinearRegressor',
  'ai.onnx.ml:SVMClassifier',
  'ai.onnx.ml:SVMRegressor',
  'ai.onnx.ml:TreeEnsembleClassifier',
  'ai.onnx.ml:TreeEnsembleRegressor',
] as const;

const postTransformOf = (node: Node): string =>
  TRANSFORMING.some((type) => type === typeOfNode(node))
    ? attributesOf(node, ...TRANSFORMING).post_transform
    : 'NONE';

/** Returns the range of the scores of a classifier, or of a regressor with a post transform into [0, 1]; undefined where unknown. */
export function rangeOfLearner(node: Node): Range | undefined {
  if (SQUASHES.has(postTransformOf(node))) return [0, 1];
  if (node.op === 'SVMClassifier') {
    const { prob_a: probabilities = [] } = attributesOf(node, 'ai.onnx.ml:SVMClassifier');
    return probabilities.length > 0 ? [0, 1] : undefined;
  }
  if (node.op !== 'TreeEnsembleClassifier') return undefined;
  const a = attributesOf(node, 'ai.onnx.ml:TreeEnsembleClassifier');
  const weights = numbers(a.class_weights, a.class_weights_as_tensor);
  return rangeOfTrees(a, { weights, trees: a.class_treeids, ids: a.class_ids });
}

/**
 * Returns the range of the output of a tree regressor, from its leaves; undefined for other nodes. A range within [0, 1] does not show
 * probabilities: the targets may lie there by chance.
 */
export function rangeOfTargets(node: Node): Range | undefined {
  if (node.op !== 'TreeEnsembleRegressor') return undefined;
  const a = attributesOf(node, 'ai.onnx.ml:TreeEnsembleRegressor');
  const weights = numbers(a.target_weights, a.target_weights_as_tensor);
  return rangeOfTrees(a, { weights, trees: a.target_treeids, ids: a.target_ids });
}

/** Attributes that both kinds of tree ensembles have. */
type EnsembleAttributes = AttributesOf<
  'ai.onnx.ml:TreeEnsembleClassifier' | 'ai.onnx.ml:TreeEnsembleRegressor'
>;

/** Sums the least and the greatest leaf weight of each tree for each class or target. */
function rangeOfTrees(
  a: EnsembleAttributes,
  { weights, trees, ids }: Partial<LeafWeights>,
): Range | undefined {
  if (weights === undefined || trees?.length !== weights.length || ids?.length !== weights.length)
    return undefined;
  const { aggregate_function: aggregate } = a;
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') return undefined;
  const divisor = aggregate === 'SUM' ? 1 : new Set(trees).size;
  const base = numbers(a.base_values, a.base_values_as_tensor) ?? [];
  const ranges = Array.from(new Set(ids), (id): Range => {
    const [low, high] = rangeOfSum(id, { weights, trees, ids });
    return [low / divisor + (base[id] ?? 0), high / divisor + (base[id] ?? 0)];
  });
  return [Math.min(0, ...ranges.map(([low]) => low)), Math.max(0, ...ranges.map(([, high]) => high))];
}

/** One entry per weight of a leaf: the weight, its tree, and its class or target. */
interface LeafWeights {
  readonly weights: ArrayLike<number>;
  readonly trees: readonly number[];
  readonly ids: readonly number[];
}

/** Returns the range of the sum over trees for one class or target. A leaf without a weight for it adds 0. */
function rangeOfSum(id: number, { weights, trees, ids }: LeafWeights): Range {
  const least = new Map<number, number>();
  const greatest = new Map<number, number>();
  for (const [i, tree] of trees.entries()) {
    if (ids[i] !== id) continue;
    least.set(tree, Math.min(least.get(tree) ?? 0, weights[i]));
    greatest.set(tree, Math.max(greatest.get(tree) ?? 0, weights[i]));
  }
  const sum = (extremes: Iterable<number>) => Array.from(extremes).reduce((total, each) => total + each, 0);
  return [sum(least.values()), sum(greatest.values())];
}

/** Returns the numbers of an attribute that is given as floats or as a tensor. */
const numbers = (floats: readonly number[] | undefined, tensor: Constant | undefined) =>
  tensor === undefined ? floats : numbersOf(tensor);
