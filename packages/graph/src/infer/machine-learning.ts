import { attributesOf } from '../ir/attributes.js';
import type { DataType, Dim, Dims, Node } from '../ir/types.js';
import { addDims, productOf } from './dim.js';
import type { InferRow, Site } from './site.js';

/*
 * Types of the operators of ai.onnx.ml that the canonical form does not decompose. Shapes are those of ONNX Runtime's kernels; its
 * classifiers and regressors also accept one row without a batch axis.
 */

/** float32 of the shape of the input. */
const floats: InferRow = (site) => [{ dtype: 'float32', dims: site.dims(0) }];
const same: InferRow = (site) => [site.type(0)];

/** Returns the number of rows of an input [N, features], or 1 for [features]. */
const rowsOf = (site: Site): Dim => {
  const dims = site.dims(0);
  if (dims === undefined) return site.unknown();
  return dims.length < 2 ? 1 : (dims[0] ?? 1);
};

const isGiven = (list: ArrayLike<unknown> | undefined): boolean => list !== undefined && list.length > 0;

/** The number of scores is unknown: for two classes with a single raw score it is one or two. */
const classifier: InferRow = (site) => {
  const rows = rowsOf(site);
  const labels = attributesOf(
    site.node,
    'ai.onnx.ml:LinearClassifier',
    'ai.onnx.ml:SVMClassifier',
    'ai.onnx.ml:TreeEnsembleClassifier',
  ).classlabels_strings;
  return [
    { dtype: isGiven(labels) ? 'string' : 'int64', dims: [rows] },
    { dtype: 'float32', dims: [rows, site.unknown()] },
  ];
};

const regressor =
  (columns: (node: Node) => number, dtype: (site: Site) => DataType = () => 'float32'): InferRow =>
  (site) => [{ dtype: dtype(site), dims: [rowsOf(site), columns(site.node)] }];

const oneHot: InferRow = (site) => {
  const { cats_strings: texts = [], cats_int64s: numbers = [] } = attributesOf(
    site.node,
    'ai.onnx.ml:OneHotEncoder',
  );
  const count = texts.length > 0 ? texts.length : numbers.length;
  const dims = site.dims(0);
  return [{ dtype: 'float32', dims: dims && [...dims, count] }];
};

/** ArrayFeatureExtractor gathers along the last axis; a vector is one row. */
const pick: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const indices = site.dims(1);
  if (dims === undefined) return [{ dtype, dims }];
  const before: Dims = dims.length < 2 ? [1] : dims.slice(0, -1);
  return [{ dtype, dims: [...before, indices === undefined ? site.unknown() : productOf(indices)] }];
};

/** FeatureVectorizer concatenates the columns of all inputs. */
const vectors: InferRow = (site) => {
  const widths = site.node.inputs.map((_, i) => widthOf(site, i));
  return [{ dtype: 'float32', dims: [rowsOf(site), widths.reduce(addDims, 0)] }];
};

function widthOf(site: Site, index: number): Dim {
  const dims = site.dims(index);
  if (dims === undefined) return site.unknown();
  return productOf(dims.length < 2 ? dims : dims.slice(1));
}

/** Maps strings to integers or back. */
const category: InferRow = (site) => [
  { dtype: site.dtype(0) === 'string' ? 'int64' : 'string', dims: site.dims(0) },
];

/** LabelEncoder. Without values it is version 1, which maps strings to integers or back. */
const label: InferRow = (site) => {
  const dims = site.dims(0);
  const values = attributesOf(site.node, 'ai.onnx.ml:LabelEncoder');
  if (values.values_tensor !== undefined) return [{ dtype: values.values_tensor.dtype, dims }];
  if (isGiven(values.values_strings)) return [{ dtype: 'string', dims }];
  if (isGiven(values.values_int64s)) return [{ dtype: 'int64', dims }];
  return isGiven(values.values_floats) ? [{ dtype: 'float32', dims }] : category(site);
};

/** Inference for operators of ai.onnx.ml. Those that return maps or sequences have no row. */
export const LEARNERS: Readonly<Record<string, InferRow>> = {
  ArrayFeatureExtractor: pick,
  Binarizer: same,
  CategoryMapper: category,
  FeatureVectorizer: vectors,
  Imputer: same,
  LabelEncoder: label,
  LinearClassifier: classifier,
  LinearRegressor: regressor((node) => attributesOf(node, 'ai.onnx.ml:LinearRegressor').targets),
  Normalizer: floats,
  OneHotEncoder: oneHot,
  SVMClassifier: classifier,
  SVMRegressor: regressor(() => 1),
  Scaler: floats,
  TreeEnsemble: regressor(
    (node) => attributesOf(node, 'ai.onnx.ml:TreeEnsemble').n_targets,
    (site) => site.dtype(0),
  ),
  TreeEnsembleClassifier: classifier,
  TreeEnsembleRegressor: regressor(
    (node) => attributesOf(node, 'ai.onnx.ml:TreeEnsembleRegressor').n_targets,
  ),
};
