/** Types that inference gives the operators of ai.onnx.ml, against what ONNX Runtime's kernels give. */
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { attr } from '../src/builder/builder.js';
import { type Attribute, type Constant, type DataType, type Graph, infer } from '../src/index.js';
import { float32, graphOf, int64, node, value } from './graphs.js';
import { feedFor, runGraph } from './session.js';

const { ints, floats, string } = attr;
const strings = (...texts: readonly string[]): Attribute => ({ kind: 'strings', value: texts });

const tensorAttribute = (constant: Constant): Attribute => ({ kind: 'tensor', value: constant });

/** Two trees with two leaves each, the votes of which are for the classes or targets 0 and `second`. */
const trees = (what: 'class' | 'target', second: number) => ({
  nodes_treeids: ints([0, 0, 0, 1, 1, 1]),
  nodes_nodeids: ints([0, 1, 2, 0, 1, 2]),
  nodes_featureids: ints([0, 0, 0, 1, 0, 0]),
  nodes_modes: strings('BRANCH_LEQ', 'LEAF', 'LEAF', 'BRANCH_LEQ', 'LEAF', 'LEAF'),
  nodes_values: floats([0.5, 0, 0, 0.25, 0, 0]),
  nodes_truenodeids: ints([1, 0, 0, 1, 0, 0]),
  nodes_falsenodeids: ints([2, 0, 0, 2, 0, 0]),
  [`${what}_treeids`]: ints([0, 0, 1, 1]),
  [`${what}_nodeids`]: ints([1, 2, 1, 2]),
  [`${what}_ids`]: ints([0, second, 0, second]),
  [`${what}_weights`]: floats([0.5, 0.25, 0.5, 0.5]),
});
const stump = {
  nodes_featureids: ints([0]),
  nodes_splits: tensorAttribute(float32([1], [0.5])),
  nodes_modes: tensorAttribute({ dtype: 'uint8', dims: [1], data: Uint8Array.of(0) }),
  nodes_truenodeids: ints([0]),
  nodes_falsenodeids: ints([1]),
  nodes_trueleafs: ints([1]),
  nodes_falseleafs: ints([1]),
  leaf_targetids: ints([0, 1]),
  leaf_weights: tensorAttribute(float32([2], [1, 2])),
  tree_roots: ints([0]),
  n_targets: attr.int(2),
};
const vectors = {
  kernel_type: string('LINEAR'),
  kernel_params: floats([0, 0, 0]),
  coefficients: floats([1, -1]),
  support_vectors: floats([1, 2, 3, 4, 5, 6]),
  rho: floats([0.5]),
};

interface Form {
  /** Of the input x; default: float32. */
  readonly dtype?: DataType;
  /** Its sizes after the batch axis; default: 3. */
  readonly row?: readonly number[];
  /** Inputs of the node; default: x. */
  readonly inputs?: string;
}

type Row = readonly [op: string, attributes: Readonly<Record<string, Attribute>>, form?: Form];

const learners: readonly Row[] = [
  ['ArrayFeatureExtractor', {}, { inputs: 'x, places' }],
  ['Binarizer', { threshold: attr.float(0.5) }],
  ['CategoryMapper', { cats_int64s: ints([0, 1]), cats_strings: strings('a', 'b') }, { dtype: 'string' }],
  ['FeatureVectorizer', { inputdimensions: ints([3, 3]) }, { inputs: 'x, x' }],
  ['Imputer', { imputed_value_floats: floats([1, 2, 3]) }],
  ['LabelEncoder', { keys_int64s: ints([0, 1]), values_strings: strings('a', 'b') }, { dtype: 'int64' }],
  ['LabelEncoder', { keys_int64s: ints([0, 1]), values_floats: floats([0.5, 1.5]) }, { dtype: 'int64', row: [] }],
  ['LabelEncoder', { keys_strings: strings('a', 'b'), values_int64s: ints([3, 4]) }, { dtype: 'string' }],
  ['LinearClassifier', { coefficients: floats([1, 2, 3, 4, 5, 6, 7, 8, 9]), intercepts: floats([0, 0, 0]), classlabels_strings: strings('a', 'b', 'c') }],
  ['LinearRegressor', { coefficients: floats([1, 2, 3, 4, 5, 6]), targets: attr.int(2) }],
  ['Normalizer', { norm: string('L1') }],
  ['OneHotEncoder', { cats_strings: strings('a', 'b'), zeros: attr.int(1) }, { dtype: 'string', row: [1] }],
  ['OneHotEncoder', { cats_int64s: ints([3, 4, 5]), zeros: attr.int(1) }, { dtype: 'int64', row: [] }],
  ['SVMClassifier', { ...vectors, vectors_per_class: ints([1, 1]), classlabels_ints: ints([0, 1]) }],
  ['SVMRegressor', { ...vectors, n_supports: attr.int(2) }],
  ['Scaler', { offset: floats([1, 2, 3]), scale: floats([1, 2, 3]) }],
  ['TreeEnsemble', stump],
  ['TreeEnsembleClassifier', { ...trees('class', 1), classlabels_int64s: ints([0, 1]) }],
  ['TreeEnsembleClassifier', { ...trees('class', 0), classlabels_strings: strings('no', 'yes') }],
  ['TreeEnsembleRegressor', { ...trees('target', 1), n_targets: attr.int(2) }],
]; // biome-ignore format: rows

function graphFor(
  op: string,
  attributes: Row[1],
  { dtype = 'float32', row = [3], inputs = 'x' }: Form,
): Graph {
  const names = op.endsWith('Classifier') ? ['l', 'y'] : ['y'];
  const bare = graphOf({
    inputs: [value('x', ['N', ...row], dtype)],
    outputs: names.map((name) => value(name, undefined)),
    nodes: [node(`${names.join(', ')} = ai.onnx.ml:${op}(${inputs})`, attributes)],
    constants: { places: int64([2, 0], [1, 2]) },
    opsets: { '': 18, 'ai.onnx.ml': op === 'TreeEnsemble' ? 5 : 3 },
  });
  const types = infer(bare);
  const outputs = names.map((name) => value(name, types.get(name)?.dims, types.get(name)?.dtype));
  return { ...bare, outputs };
}

const feed = (dtype: DataType, dims: readonly number[]): ort.Tensor =>
  dtype === 'string'
    ? new ort.Tensor('string', new Array<string>(dims.reduce((a, b) => a * b, 1)).fill('b'), dims)
    : feedFor(dtype, dims);

test.each<[string, Row[1], Form?]>(learners.map((row) => [...row]))(
  '%s has the type that is inferred',
  async (op, attributes, form = {}) => {
    const { row = [3], dtype = 'float32' } = form;
    const graph = graphFor(op, attributes, form);
    for (const n of [1, 4]) {
      const results = await runGraph(graph, { x: feed(dtype, [n, ...row]) });
      for (const output of graph.outputs) {
        const { type, dims } = results[output.name];
        expect(type).toBe(output.dtype);
        // A size that inference does not tell begins with "?".
        const sizes = output.dims?.map((dim, i) =>
          dim === 'N' ? n : String(dim).startsWith('?') ? dims[i] : dim,
        );
        expect(sizes).toEqual(dims);
      }
    }
  },
);
