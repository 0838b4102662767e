import { numbersOf } from '../../ir/constant.js';
import { looseAttributesOf, type NodeAttributes } from '../../ir/loose-attributes.js';
import type { Node } from '../../ir/types.js';
import type { Range } from './range-rules.js';

/** Post transforms whose result lies in [0, 1]. */
const SQUASHES = new Set(['SOFTMAX', 'SOFTMAX_ZERO', 'LOGISTIC', 'PROBIT']);

/** Returns the range of the scores of a classifier, or of a regressor with a post transform into [0, 1]; undefined where unknown. */
export function rangeOfLearner(node: Node): Range | undefined {
  const a = looseAttributesOf(node);
  if (SQUASHES.has(a.string('post_transform', 'NONE'))) return [0, 1];
  if (node.op === 'SVMClassifier' && (a.floats('prob_a') ?? []).length > 0) return [0, 1];
  return node.op === 'TreeEnsembleClassifier' ? rangeOfTrees(a, 'class') : undefined;
}

/**
 * Returns the range of the output of a tree regressor, from its leaves; undefined for other nodes. A range within [0, 1] does not show
 * probabilities: the targets may lie there by chance.
 */
export const rangeOfTargets = (node: Node): Range | undefined =>
  node.op === 'TreeEnsembleRegressor' ? rangeOfTrees(looseAttributesOf(node), 'target') : undefined;

/** Sums the least and the greatest leaf weight of each tree for each class or target. */
function rangeOfTrees(a: NodeAttributes, what: 'class' | 'target'): Range | undefined {
  const weights = numbers(a, `${what}_weights`);
  const trees = a.ints(`${what}_treeids`);
  const ids = a.ints(`${what}_ids`);
  if (weights === undefined || trees?.length !== weights.length || ids?.length !== weights.length)
    return undefined;
  const aggregate = a.string('aggregate_function', 'SUM');
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') return undefined;
  const divisor = aggregate === 'SUM' ? 1 : new Set(trees).size;
  const base = numbers(a, 'base_values') ?? [];
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

/** Reads an attribute of floats, or the tensor of the same name with the suffix `_as_tensor`. */
function numbers(a: NodeAttributes, name: string): ArrayLike<number> | undefined {
  const tensor = a.tensor(`${name}_as_tensor`);
  return tensor === undefined ? a.floats(name) : numbersOf(tensor);
}
