import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import type { Node } from '../../ir/types.js';
import { input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';
import { cast } from './formulas.js';
import { labelsOf } from './linear-models.js';

const machineAttributes = (node: Node) =>
  attributesOf(node, 'ai.onnx.ml:SVMClassifier', 'ai.onnx.ml:SVMRegressor');

/**
 * Emits K(x, s) for every support vector s, [N, vectors]: x·s, (gamma x·s + coef0)^degree, tanh(gamma x·s + coef0) or
 * exp(-gamma |x - s|²). Undefined for an input that is no matrix, and for a kernel of another name.
 */
function kernels(node: Node, b: GraphBuilder, vectors: number): string | undefined {
  const { kernel_type: type, kernel_params = [], support_vectors = [] } = machineAttributes(node);
  const [gamma = 0, coef0 = 0, degree = 0] = kernel_params;
  if (b.rank(input(node, 0)) !== 2) return undefined;
  const x = cast(b, input(node, 0), 'float32');
  const given = constantFrom('float32', [vectors, support_vectors.length / vectors], support_vectors);
  const support = b.constant(given, 'support_vectors');
  const times = (value: string, factor: number) => b.emit('Mul', [value, b.scalar(factor, x)]);
  if (type === 'RBF') {
    const difference = b.emit('Sub', [b.emit('Unsqueeze', [x, b.ints([1])]), support]);
    const squares = b.emit('ReduceSumSquare', [difference, b.ints([2])], { keepdims: attr.int(0) });
    return b.emit('Exp', [times(squares, -gamma)]);
  }
  const products = b.emit('Gemm', [x, support], { transB: attr.int(1) });
  if (type === 'LINEAR') return products;
  const affine = b.emit('Add', [times(products, gamma), b.scalar(coef0, x)]);
  if (type === 'POLY') return b.emit('Pow', [affine, b.scalar(degree, x)]);
  return type === 'SIGMOID' ? b.emit('Tanh', [affine]) : undefined;
}

/** Emits a weighted sum of the kernels for each column of the weights [vectors, columns], plus rho. */
function weighted(
  b: GraphBuilder,
  values: string,
  { weights, rho }: { weights: number[]; rho: number[] },
): string {
  const matrix = constantFrom('float32', [weights.length / rho.length, rho.length], weights);
  const offsets = constantFrom('float32', [rho.length], rho);
  return b.emit('Gemm', [values, b.constant(matrix, 'coefficients'), b.constant(offsets, 'rho')]);
}

/** Kept as it is: a detector of outliers, which gives 1 or -1, and other transforms than NONE. */
const supportVectorRegressor: OpRewrite = (node, b) => {
  const a = attributesOf(node, 'ai.onnx.ml:SVMRegressor');
  const { coefficients = [], rho = [], n_supports: vectors } = a;
  if (vectors === 0 || a.one_class !== 0 || a.post_transform !== 'NONE') return undefined;
  const values = kernels(node, b, vectors);
  if (values === undefined) return undefined;
  return [weighted(b, values, { weights: [...coefficients], rho: [rho[0] ?? 0] })];
};

/**
 * The label of the class that wins most pairs, and the scores of the pairs; of two classes, -s and s. Kept as it is: a classifier with
 * probabilities, which ONNX Runtime finds by an iteration that it ends early.
 */
const supportVectorClassifier: OpRewrite = (node, b) => {
  const a = attributesOf(node, 'ai.onnx.ml:SVMClassifier');
  const counts = a.vectors_per_class ?? [];
  if (counts.length < 2 || (a.prob_a?.length ?? 0) > 0 || a.post_transform !== 'NONE') return undefined;
  const vectors = counts.reduce((sum, count) => sum + count, 0);
  const values = kernels(node, b, vectors);
  if (values === undefined) return undefined;
  const pairs = counts.flatMap((_, i) => counts.slice(i + 1).map((__, k) => [i, i + 1 + k] as const));
  const weights = pairWeights(a.coefficients ?? [], counts, pairs);
  const scores = weighted(b, values, { weights, rho: pairs.map((_, p) => a.rho?.[p] ?? 0) });
  const label = b.emit('Gather', [
    b.constant(labelsOf(node), 'labels'),
    winner(b, scores, { pairs, classes: counts.length }),
  ]);
  if (pairs.length > 1) return [label, scores];
  return [label, b.emit('Concat', [b.emit('Neg', [scores]), scores], { axis: attr.int(1) })];
};

/** Emits the class that wins most pairs, the first among equals. A score above 0 is a win of the first class of its pair. */
function winner(
  b: GraphBuilder,
  scores: string,
  { pairs, classes }: { pairs: readonly Pair[]; classes: number },
): string {
  const won = cast(b, b.emit('Greater', [scores, b.scalar(0, scores)]), 'float32');
  const gains = pairs.flatMap(([i, j]) =>
    Array.from({ length: classes }, (_, c) => Number(c === i) - Number(c === j)),
  );
  const least = Array.from({ length: classes }, (_, c) => pairs.filter(([, j]) => j === c).length);
  const matrix = constantFrom('float32', [pairs.length, classes], gains);
  const votes = b.emit('Gemm', [
    won,
    b.constant(matrix, 'gains'),
    b.constant(constantFrom('float32', [classes], least), 'votes'),
  ]);
  return b.emit('ArgMax', [votes], { axis: attr.int(1), keepdims: attr.int(0) });
}

type Pair = readonly [first: number, second: number];

/**
 * Returns the weights of the vectors in the score of each pair, [vectors, pairs]. The attribute has a row for each of the other classes, in
 * order: row j - 1 has the weights of the vectors of class i against j > i, and row i those of the vectors of class j against i.
 */
function pairWeights(
  coefficients: readonly number[],
  counts: readonly number[],
  pairs: readonly Pair[],
): number[] {
  const owner = counts.flatMap((count, c) => new Array<number>(count).fill(c));
  return owner.flatMap((own, v) =>
    pairs.map(([i, j]) => {
      if (own !== i && own !== j) return 0;
      return coefficients[(own === i ? j - 1 : i) * owner.length + v] ?? 0;
    }),
  );
}

/** Rewrites of the support vector machines of ai.onnx.ml to standard operators. */
export const supportVectors: OpRewrites = {
  SVMClassifier: supportVectorClassifier,
  SVMRegressor: supportVectorRegressor,
};
