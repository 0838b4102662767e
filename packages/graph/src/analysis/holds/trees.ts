import { attributesOf, type NodeAttributes } from '../../ir/attributes.js';
import { numbersOf } from '../../ir/constant.js';
import type { Node } from '../../ir/types.js';
import type { Range } from './ranges.js';

/** Post transforms that end in [0, 1]. */
const SQUASHES = new Set(['SOFTMAX', 'SOFTMAX_ZERO', 'LOGISTIC', 'PROBIT']);

/** Bounds of the scores of a classifier, or of a regressor that squashes them; undefined where a node tells none. */
export function rangeOfLearner(node: Node): Range | undefined {
  const a = attributesOf(node);
  if (SQUASHES.has(a.string('post_transform', 'NONE'))) return [0, 1];
  if (node.op === 'SVMClassifier' && (a.floats('prob_a') ?? []).length > 0) return [0, 1];
  return node.op === 'TreeEnsembleClassifier' ? rangeOfTrees(a, 'class') : undefined;
}

/**
 * Bounds of what a regressor of trees gives, by its leaves: targets that lie in [0, 1] may be shares of classes, or lie
 * there by chance.
 */
export const rangeOfTargets = (node: Node): Range | undefined =>
  node.op === 'TreeEnsembleRegressor' ? rangeOfTrees(attributesOf(node), 'target') : undefined;

/** Sum over the trees of the least and of the greatest vote that a leaf has for any class. */
function rangeOfTrees(a: NodeAttributes, what: 'class' | 'target'): Range | undefined {
  const weights = numbers(a, `${what}_weights`);
  const trees = a.ints(`${what}_treeids`);
  const ids = a.ints(`${what}_ids`);
  if (weights === undefined || trees?.length !== weights.length || ids?.length !== weights.length)
    return undefined;
  const average = a.string('aggregate_function', 'SUM');
  if (average !== 'SUM' && average !== 'AVERAGE') return undefined;
  const parts = average === 'SUM' ? 1 : new Set(trees).size;
  const base = numbers(a, 'base_values') ?? [];
  const ranges = Array.from(new Set(ids), (id): Range => {
    const [low, high] = votesFor(id, { weights, trees, ids });
    return [low / parts + (base[id] ?? 0), high / parts + (base[id] ?? 0)];
  });
  return [Math.min(0, ...ranges.map(([low]) => low)), Math.max(0, ...ranges.map(([, high]) => high))];
}

interface Votes {
  readonly weights: ArrayLike<number>;
  readonly trees: readonly number[];
  readonly ids: readonly number[];
}

/** A leaf that does not name a class votes 0 for it. */
function votesFor(id: number, { weights, trees, ids }: Votes): Range {
  const least = new Map<number, number>();
  const greatest = new Map<number, number>();
  for (const [i, tree] of trees.entries()) {
    if (ids[i] !== id) continue;
    least.set(tree, Math.min(least.get(tree) ?? 0, weights[i]));
    greatest.set(tree, Math.max(greatest.get(tree) ?? 0, weights[i]));
  }
  const sum = (votes: Iterable<number>) => Array.from(votes).reduce((total, vote) => total + vote, 0);
  return [sum(least.values()), sum(greatest.values())];
}

/** Numbers that a file has in an attribute of floats or of a tensor. */
function numbers(a: NodeAttributes, name: string): ArrayLike<number> | undefined {
  const tensor = a.tensor(`${name}_as_tensor`);
  return tensor === undefined ? a.floats(name) : numbersOf(tensor);
}
