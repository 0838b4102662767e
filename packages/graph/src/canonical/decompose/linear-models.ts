import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import type { Constant, Node } from '../../ir/types.js';
import { input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';
import { cast } from './formulas.js';

const linearAttributes = (node: Node) =>
  attributesOf(node, 'ai.onnx.ml:LinearClassifier', 'ai.onnx.ml:LinearRegressor');

/** Emits x · Wᵀ + intercepts, where `coefficients` has the rows of W. */
function product(node: Node, b: GraphBuilder, rows: number): string {
  const { coefficients = [], intercepts = [] } = linearAttributes(node);
  const weights = constantFrom('float32', [rows, coefficients.length / rows], coefficients);
  const inputs = [cast(b, input(node, 0), 'float32'), b.constant(weights, 'coefficients')];
  if (intercepts.length > 0)
    inputs.push(b.constant(constantFrom('float32', [intercepts.length], intercepts), 'intercepts'));
  return b.emit('Gemm', inputs, { transB: attr.int(1) });
}

/** Applies the post transform NONE, SOFTMAX or LOGISTIC; undefined for SOFTMAX_ZERO and PROBIT, whose nodes are kept. */
function transformed(node: Node, b: GraphBuilder, scores: string): string | undefined {
  const { post_transform: name } = linearAttributes(node);
  if (name === 'NONE') return scores;
  if (name === 'LOGISTIC') return b.emit('Sigmoid', [scores]);
  if (name === 'SOFTMAX') return b.emit('Softmax', [scores], { axis: attr.int(-1) });
  return undefined;
}

const linearRegressor: OpRewrite = (node, b) => {
  const y = transformed(node, b, product(node, b, attributesOf(node, 'ai.onnx.ml:LinearRegressor').targets));
  return y === undefined ? undefined : [y];
};

/** The label is that of the largest raw score, or given by the sign of a single score. */
const linearClassifier: OpRewrite = (node, b) => {
  const labels = labelsOf(node);
  const rows = linearAttributes(node).intercepts?.length ?? labels.data.length;
  if (rows === 1 && labels.data.length !== 2) return undefined;
  const raw = product(node, b, rows);
  const scores = rows === 1 ? bothScores(node, b, raw) : transformed(node, b, raw);
  if (scores === undefined) return undefined;
  return [b.emit('Gather', [b.constant(labels, 'labels'), classIndex(b, raw, rows)]), scores];
};

/** The labels of a classifier. */
export function labelsOf(node: Node): Constant {
  const { classlabels_ints: ints = [], classlabels_strings: strings = [] } = attributesOf(
    node,
    'ai.onnx.ml:LinearClassifier',
    'ai.onnx.ml:SVMClassifier',
  );
  if (strings.length > 0) return { dtype: 'string', dims: [strings.length], data: strings };
  return constantFrom('int64', [ints.length], ints);
}

function classIndex(b: GraphBuilder, raw: string, rows: number): string {
  if (rows > 1) return b.emit('ArgMax', [raw], { axis: attr.int(1), keepdims: attr.int(0) });
  const positive = b.emit('Greater', [raw, b.scalar(0, raw)]);
  return b.emit('Reshape', [cast(b, positive, 'int64'), b.ints([-1])]);
}

/** Computes the scores of both classes from that of the second. ONNX Runtime ignores SOFTMAX for a single score. */
function bothScores(node: Node, b: GraphBuilder, raw: string): string | undefined {
  const { post_transform: name } = linearAttributes(node);
  if (name === 'PROBIT') return undefined;
  const second = name === 'LOGISTIC' ? b.emit('Sigmoid', [raw]) : raw;
  const first = b.emit('Sub', [b.scalar(1, second), second]);
  return b.emit('Concat', [first, second], { axis: attr.int(1) });
}

/** (x - offset) * scale. */
const scaler: OpRewrite = (node, b) => {
  const { offset = [], scale = [] } = attributesOf(node, 'ai.onnx.ml:Scaler');
  const x = cast(b, input(node, 0), 'float32');
  const vector = (values: readonly number[]) => b.constant(constantFrom('float32', [values.length], values));
  const centred = offset.length === 0 ? x : b.emit('Sub', [x, vector(offset)]);
  return [scale.length === 0 ? centred : b.emit('Mul', [centred, vector(scale)])];
};

/** Divides each row by its norm; a row of norm 0 stays as it is. */
const normalizer: OpRewrite = (node, b) => {
  const { norm } = attributesOf(node, 'ai.onnx.ml:Normalizer');
  const x = cast(b, input(node, 0), 'float32');
  const op = norm === 'L1' ? 'ReduceL1' : norm === 'L2' ? 'ReduceL2' : 'ReduceMax';
  const size = b.emit(op, [x, b.ints([-1])]);
  const zero = b.scalar(0, x);
  const divisor = b.emit('Where', [b.emit('Equal', [size, zero]), b.scalar(1, x), size]);
  return [b.emit('Div', [x, divisor])];
};

/** Replaces the elements that equal the replaced value, or are NaN where that is NaN, by the imputed values. */
const imputer: OpRewrite = (node, b) => {
  const a = attributesOf(node, 'ai.onnx.ml:Imputer');
  const floats = a.imputed_value_floats;
  const values = floats ?? a.imputed_value_int64s;
  if (values === undefined) return undefined;
  const x = input(node, 0);
  const replaced = floats === undefined ? a.replaced_value_int64 : a.replaced_value_float;
  const missing = Number.isNaN(replaced) ? b.emit('IsNaN', [x]) : b.emit('Equal', [x, b.scalar(replaced, x)]);
  return [b.emit('Where', [missing, b.constant(constantFrom(b.dtype(x), [values.length], values)), x])];
};

const binarizer: OpRewrite = (node, b) => {
  const x = input(node, 0);
  const threshold = b.scalar(attributesOf(node, 'ai.onnx.ml:Binarizer').threshold, x);
  return [cast(b, b.emit('Greater', [x, threshold]), b.dtype(x))];
};

/** Gathers along the last axis; a vector counts as one row. */
const arrayFeatureExtractor: OpRewrite = (node, b) => {
  // The type of x is unknown after a foreign operator.
  if (b.typing.typeOf(input(node, 0))?.dims === undefined) return undefined;
  const [x, indices] = [input(node, 0), b.emit('Reshape', [input(node, 1), b.ints([-1])])];
  const picked = b.emit('Gather', [x, indices], { axis: attr.int(-1) });
  return [b.rank(x) === 1 ? b.emit('Unsqueeze', [picked, b.ints([0])]) : picked];
};

const featureVectorizer: OpRewrite = (node, b) => {
  const columns = node.inputs.map((name) => cast(b, name, 'float32'));
  return [b.emit('Concat', columns, { axis: attr.int(1) })];
};

/** Rewrites of the linear models and the feature scaling of ai.onnx.ml to standard operators. */
export const linearModels: OpRewrites = {
  LinearRegressor: linearRegressor,
  LinearClassifier: linearClassifier,
  Scaler: scaler,
  Normalizer: normalizer,
  Imputer: imputer,
  Binarizer: binarizer,
  ArrayFeatureExtractor: arrayFeatureExtractor,
  FeatureVectorizer: featureVectorizer,
  // The reader gives the map of a ZipMap the type of the scores, so that the node is an identity.
  ZipMap: (node) => [input(node, 0)],
};
