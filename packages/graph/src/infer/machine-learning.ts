import { attributesOf } from '../ir/attributes.js';
import type { DataType, Dim, Dims, Node } from '../ir/types.js';
import { addDims, productOf } from './dim.js';
import type { InferRow, Site } from './site.js';

/*
 * Operators of ai.onnx.ml that stay black boxes: their types follow all the same. Shapes are those of ONNX Runtime's kernels, whose
 * learners take one row without a batch axis too.
 */

/** Floats of the shape of the input. */
const floats: InferRow = (site) => [{ dtype: 'float32', dims: site.dims(0) }];
const same: InferRow = (site) => [site.type(0)];

/** Rows of a learner's input: [N, features], or [features] for one. */
const rowsOf = (site: Site): Dim => {
  const dims = site.dims(0);
  if (dims === undefined) return site.unknown();
  return dims.length < 2 ? 1 : (dims[0] ?? 1);
};

const isGiven = (list: ArrayLike<unknown> | undefined): boolean => list !== undefined && list.length > 0;

/** How many columns the scores have depends on more than the labels: a single raw score of two classes is one or two. */
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

/** The numbers of the last axis at the given places; a vector is one row. */
const pick: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const places = site.dims(1);
  if (dims === undefined) return [{ dtype, dims }];
  const before: Dims = dims.length < 2 ? [1] : dims.slice(0, -1);
  return [{ dtype, dims: [...before, places === undefined ? site.unknown() : productOf(places)] }];
};

/** All inputs side by side. */
const vectors: InferRow = (site) => {
  const widths = site.node.inputs.map((_, i) => widthOf(site, i));
  return [{ dtype: 'float32', dims: [rowsOf(site), widths.reduce(addDims, 0)] }];
};

function widthOf(site: Site, index: number): Dim {
  const dims = site.dims(index);
  if (dims === undefined) return site.unknown();
  return productOf(dims.length < 2 ? dims : dims.slice(1));
}

/** Texts to whole numbers or back. */
const category: InferRow = (site) => [
  { dtype: site.dtype(0) === 'string' ? 'int64' : 'string', dims: site.dims(0) },
];

/** Before version 2 of the operator, texts to whole numbers or back. */
const label: InferRow = (site) => {
  const dims = site.dims(0);
  const values = attributesOf(site.node, 'ai.onnx.ml:LabelEncoder');
  if (values.values_tensor !== undefined) return [{ dtype: values.values_tensor.dtype, dims }];
  if (isGiven(values.values_strings)) return [{ dtype: 'string', dims }];
  if (isGiven(values.values_int64s)) return [{ dtype: 'int64', dims }];
  return isGiven(values.values_floats) ? [{ dtype: 'float32', dims }] : category(site);
};

/** Types of what the operators of ai.onnx.ml give, one row an operator. Maps and sequences have none. */
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
