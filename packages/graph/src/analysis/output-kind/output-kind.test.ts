import { key, stream } from '@onnxplain/core';
import { describe, expect, it, test } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../../test/graphs.js';
import { attr } from '../../builder/builder.js';
import { numArray } from '../../interpreter/array.js';
import { interpret } from '../../interpreter/interpret.js';
import type { Attribute, Graph, Node } from '../../ir/types.js';
import { outputKindOf, type ShownOutputKind } from './output-kind.js';

const axis = { axis: attr.int(1) };
const flat = { keepdims: attr.int(0) };

/** Output y of x and w, both [N, 3]. */
const graph = (nodes: readonly Node[]): Graph =>
  graphOf({
    inputs: [value('x', ['N', 3]), value('w', ['N', 3])],
    outputs: [value('y', undefined)],
    nodes,
    constants: {
      zero: float32([], [0]),
      half: float32([], [0.5]),
      one: float32([], [1]),
      minus: float32([], [-1]),
      third: float32([], [1 / 3]),
      root: float32([], [Math.SQRT1_2]),
      targets: float32([3], [0.1, 0.5, 0.9]),
      tiny: float32([], [1e-7]),
      wide: float32([], [2]),
      one1: int64([1]),
      two1: int64([2]),
      three1: int64([3]),
      column: int64([-1, 1]),
      picked: int64([2, 0]),
      second: int64([1], []),
    },
  });

type Row = readonly [what: string, nodes: readonly Node[]];

const exponentials = [
  node('m = ReduceMax(x, one1)'),
  node('c = Sub(x, m)'),
  node('e = Exp(c)'),
  node('s = ReduceSum(e, one1)'),
];

const probabilities: readonly Row[] = [
  ['a sigmoid', [node('y = Sigmoid(x)')]],
  ['a softmax', [node('y = Softmax(x)', axis)]],
  ['a softmax over rows', [node('y = Softmax(x)', { axis: attr.int(0) })]],
  ['a softmax at a temperature', [node('t = Div(x, wide)'), node('y = Softmax(t)', axis)]],
  ['a reshaped softmax', [node('a = Softmax(x)', axis), node('y = Reshape(a, column)')]],
  ['two classes of a softmax', [node('a = Softmax(x)', axis), node('y = Gather(a, picked)', axis)]],
  ['a slice of a softmax', [node('a = Softmax(x)', axis), node('y = Slice(a, one1, two1, one1)')]],
  ['one class of a softmax, flat', [node('a = Softmax(x)', axis), node('y = Gather(a, second)', axis)]],
  ['a clipped softmax', [node('a = Softmax(x)', axis), node('y = Clip(a, tiny, one)')]],
  [
    'the average of two softmaxes',
    [
      node('a = Softmax(x)', axis),
      node('b = Softmax(w)', axis),
      node('s = Add(a, b)'),
      node('y = Mul(s, half)'),
    ],
  ],
  [
    'the average of three by Mean',
    [
      node('a = Softmax(x)', axis),
      node('b = Softmax(w)', axis),
      node('c = Sigmoid(x)'),
      node('y = Mean(a, b, c)'),
    ],
  ],
  [
    'a sum of three thirds',
    [
      node('a = Softmax(x)', axis),
      node('b = Softmax(w)', axis),
      node('s = Sum(a, b, b)'),
      node('y = Mul(s, third)'),
    ],
  ],
  ['p and 1 - p', [node('p = Sigmoid(x)'), node('q = Sub(one, p)'), node('y = Concat(q, p)', axis)]],
  ['exp / sum', [...exponentials, node('y = Div(e, s)')]],
  [
    'exp / sum without the maximum',
    [node('e = Exp(x)'), node('s = ReduceSum(e, one1)'), node('y = Div(e, s)')],
  ],
  [
    'exp / sum, the exponential computed twice',
    [node('e = Exp(x)'), node('f = Exp(x)'), node('s = ReduceSum(f, one1)'), node('y = Div(e, s)')],
  ],
  ['exp times 1 / sum', [...exponentials, node('r = Reciprocal(s)'), node('y = Mul(r, e)')]],
  ['exp / (sum + a little)', [...exponentials, node('d = Add(s, tiny)'), node('y = Div(e, d)')]],
  ['exp / max(sum, a little)', [...exponentials, node('d = Max(tiny, s)'), node('y = Div(e, d)')]],
  [
    'exp / sum, put in shape again',
    [
      node('e = Exp(x)'),
      node('f = ReduceSum(e, one1)', flat),
      node('s = Reshape(f, column)'),
      node('y = Div(e, s)'),
    ],
  ],
  ['exp(x - logsumexp x)', [node('l = ReduceLogSumExp(x, one1)'), node('d = Sub(x, l)'), node('y = Exp(d)')]],
  [
    'exp(x - log sum exp x)',
    [
      node('e = Exp(x)'),
      node('s = ReduceSum(e, one1)'),
      node('l = Log(s)'),
      node('d = Sub(x, l)'),
      node('y = Exp(d)'),
    ],
  ],
  [
    'exp(x - (m + log sum exp(x - m)))',
    [...exponentials, node('l = Log(s)'), node('n = Add(m, l)'), node('d = Sub(x, n)'), node('y = Exp(d)')],
  ],
  ['exp of LogSoftmax', [node('l = LogSoftmax(x)', axis), node('y = Exp(l)')]],
  [
    '1 / (1 + exp(-x))',
    [node('n = Neg(x)'), node('e = Exp(n)'), node('d = Add(one, e)'), node('y = Div(one, d)')],
  ],
  [
    'the reciprocal of 1 + exp(-x)',
    [node('n = Mul(x, minus)'), node('e = Exp(n)'), node('d = Add(e, one)'), node('y = Reciprocal(d)')],
  ],
  ['exp(x) / (1 + exp(x))', [node('e = Exp(x)'), node('d = Add(one, e)'), node('y = Div(e, d)')]],
  [
    '(1 + tanh(x / 2)) / 2',
    [node('h = Mul(x, half)'), node('t = Tanh(h)'), node('s = Add(t, one)'), node('y = Mul(half, s)')],
  ],
  [
    'a probit',
    [node('h = Mul(x, root)'), node('t = Erf(h)'), node('s = Add(t, one)'), node('y = Mul(half, s)')],
  ],
  [
    'sigmoids normalised to sum 1',
    [node('p = Sigmoid(x)'), node('y = LpNormalization(p)', { ...axis, p: attr.int(1) })],
  ],
];

const others: readonly (readonly [ShownOutputKind['holds'], ...Row])[] = [
  ['log-probabilities', 'LogSoftmax', [node('y = LogSoftmax(x)', axis)]],
  ['log-probabilities', 'the logarithm of a softmax', [node('p = Softmax(x)', axis), node('y = Log(p)')]],
  [
    'log-probabilities',
    'x - logsumexp x',
    [node('l = ReduceLogSumExp(x, one1)'), node('y = Sub(x, l)')],
  ],
  ['log-probabilities', 'a slice of LogSoftmax', [node('l = LogSoftmax(x)', axis), node('y = Slice(l, one1, two1, one1)')]],
  ['log-probabilities', 'log sigmoid by Softplus', [node('n = Neg(x)'), node('s = Softplus(n)'), node('y = Neg(s)')]],
  ['unknown', 'an input', [node('y = Identity(x)')]],
  ['unknown', 'twice a softmax', [node('a = Softmax(x)', axis), node('y = Add(a, a)')]],
  ['unknown', 'a softmax times weights', [node('a = Softmax(x)', axis), node('y = MatMul(a, w)')]],
  ['unknown', 'a rectifier', [node('y = Relu(x)')]],
  ['unknown', 'Tanh', [node('y = Tanh(x)')]],
  ['unknown', 'numbers divided by their sum', [node('s = ReduceSum(x, one1)'), node('y = Div(x, s)')]],
  ['unknown', 'exp divided by the sum of others', [node('e = Exp(x)'), node('f = Exp(w)'), node('s = ReduceSum(f, one1)'), node('y = Div(e, s)')]],
  ['unknown', 'exp divided by a sum that meets other rows', [node('e = Exp(x)'), node('s = ReduceSum(e, one1)', flat), node('y = Div(e, s)')]],
  ['unknown', 'exp divided by the sum less something', [...exponentials, node('d = Sub(s, one)'), node('y = Div(e, d)')]],
  ['unknown', 'the indices of a pool over a softmax', [node('a = Softmax(x)', axis), node('v, i = TopK(a, one1)'), node('y = Cast(i)')]],
]; // biome-ignore format: rows

/** y for x and w of standard normals times 1, 10 and 100. */
function outputs(nodes: readonly Node[]): readonly number[] {
  return [1, 10, 100].flatMap((scale, i) => {
    const normals = () => {
      const numbers = new Float64Array(12);
      stream(key(i)).fillNormal(numbers);
      return numArray(
        'float32',
        [4, 3],
        numbers.map((x) => Math.fround(scale * x)),
      );
    };
    return [...interpret(graph(nodes), { x: normals(), w: normals() }).y.data];
  });
}

describe('probabilities are', () => {
  it.each(probabilities)('%s', (_, nodes) => {
    expect(outputKindOf(graph(nodes), 'y').holds).toBe('probabilities');
    // 1e-6: a third is a float32.
    expect(outputs(nodes).filter((p) => !(p >= 0 && p <= 1 + 1e-6) && !Number.isNaN(p))).toEqual([]);
  });
});

test.each(others)('%s: %s', (holds, _, nodes) => {
  expect(outputKindOf(graph(nodes), 'y').holds).toBe(holds);
});

const strings = (text: string): Attribute => ({ kind: 'string', value: text });
const ints = (...numbers: readonly number[]): Attribute => attr.ints(numbers);
const floats = (...numbers: readonly number[]): Attribute => attr.floats(numbers);

/** Two trees with two leaves each; a leaf votes for one class. */
const trees = (what: 'class' | 'target', weights: Attribute) => ({
  [`${what}_treeids`]: ints(0, 0, 1, 1),
  [`${what}_ids`]: ints(0, 1, 0, 1),
  [`${what}_weights`]: weights,
});
const classifier = (name: string, attributes: Readonly<Record<string, Attribute>>) => [
  node(`l, y = ai.onnx.ml:${name}(x)`, attributes),
];
const regressor = (name: string, attributes: Readonly<Record<string, Attribute>> = {}) => [
  node(`y = ai.onnx.ml:${name}(x)`, attributes),
];

test.each<readonly [ShownOutputKind['holds'], ...Row]>([
  ['probabilities', 'a linear classifier with a softmax', classifier('LinearClassifier', { post_transform: strings('SOFTMAX') })],
  ['unknown', 'a linear classifier without', classifier('LinearClassifier', { post_transform: strings('NONE') })],
  ['probabilities', 'a forest', classifier('TreeEnsembleClassifier', trees('class', floats(0.5, 0.25, 0.5, 0.5)))],
  ['unknown', 'boosted trees', classifier('TreeEnsembleClassifier', trees('class', floats(-1, 0.5, 0.5, 0.5)))],
  ['unknown', 'votes that are not divided', classifier('TreeEnsembleClassifier', trees('class', floats(1, 1, 1, 1)))],
  ['probabilities', 'boosted trees with a sigmoid', classifier('TreeEnsembleClassifier', { ...trees('class', floats(-1, 2, 3, 4)), post_transform: strings('LOGISTIC') })],
  ['probabilities', 'a calibrated support vector machine', classifier('SVMClassifier', { prob_a: floats(1), prob_b: floats(0) })],
  ['unknown', 'a support vector machine', classifier('SVMClassifier', {})],
  ['unknown', 'a tree ensemble of newer form, whose transform is a number', regressor('TreeEnsemble', { post_transform: attr.int(0) })],
  ['probabilities', 'a map of probabilities', [node('p = Softmax(x)', axis), node('y = ai.onnx.ml:ZipMap(p)')]],
  ['probabilities', 'a softmax normalised again', [node('p = Softmax(x)', axis), node('y = ai.onnx.ml:Normalizer(p)', { norm: strings('L1') })]],
  ['unknown', 'signed numbers normalised', [node('y = ai.onnx.ml:Normalizer(x)', { norm: strings('L1') })]],
  ['regression', 'a linear regressor', regressor('LinearRegressor')],
  ['regression', 'a regressor of trees, reshaped', [...regressor('TreeEnsembleRegressor', trees('target', floats(10, 20, 30, 40))).map((each) => ({ ...each, outputs: ['r'] })), node('y = Reshape(r, column)')]],
  ['unknown', 'a regressor of trees of numbers in [0, 1]', regressor('TreeEnsembleRegressor', { ...trees('target', floats(0, 0.5, 0.25, 0.5)) })],
  ['regression', 'the average of two regressors', [node('a = ai.onnx.ml:TreeEnsembleRegressor(x)', trees('target', floats(10, 20, 30, 40))), node('b = ai.onnx.ml:LinearRegressor(w)'), node('s = Add(a, b)'), node('y = Mul(s, half)')]],
  ['regression', 'two regressors side by side', [node('a = ai.onnx.ml:SVMRegressor(x)'), node('b = ai.onnx.ml:SVMRegressor(w)'), node('y = Concat(a, b)', axis)]],
  ['unknown', 'a regressor beside an input', [node('a = ai.onnx.ml:SVMRegressor(x)'), node('y = Concat(a, w)', axis)]],
  ['probabilities', 'a regressor of trees with a sigmoid', regressor('TreeEnsembleRegressor', { ...trees('target', floats(1, 2, 3, 4)), post_transform: strings('LOGISTIC') })],
  ['unknown', 'the average of numbers of [0, 1] that are looked up', [node('i = Cast(x)', { to: attr.int(7) }), node('a = Gather(targets, i)'), node('s = Add(a, a)'), node('y = Mul(s, half)')]],
  ['unknown', 'numbers clipped to [0, 1]', [node('z = Sub(one, one)'), node('y = Clip(x, z, one)')]],
  ['unknown', 'numbers clipped to [0, 2] and halved, as in relu6(x) / 6', [node('z = Sub(one, one)'), node('c = Clip(x, z, wide)'), node('y = Mul(c, half)')]],
  ['unknown', 'numbers clipped by Max and Min, divided', [node('z = Sub(one, one)'), node('m = Max(x, z)'), node('c = Min(m, wide)'), node('y = Div(c, wide)')]],
  ['probabilities', 'a sigmoid of clipped numbers, clipped and complemented', [node('c = Clip(x, minus, wide)'), node('s = Sigmoid(c)'), node('k = Clip(s, tiny, one)'), node('y = Sub(one, k)')]],
  ['unknown', 'a softmax of another domain', [node('y = my:Softmax(x)')]],
])('%s: %s', (holds, _, nodes) => {
  expect(outputKindOf(graph(nodes), 'y').holds).toBe(holds);
}); // biome-ignore format: rows

describe('the logits', () => {
  const logits = (nodes: readonly Node[]) => outputKindOf(graph(nodes), 'y').logits;

  it.each<Row>(probabilities.filter(([what]) => /^exp|reshaped|clipped|LogSoftmax/.test(what)))(
    'of %s are x, class for class',
    (_, nodes) => {
      expect(logits(nodes)).toEqual({ value: 'x', classes: 'same' });
    },
  );

  it.each<Row>(probabilities.filter(([what]) => /slice|two classes|flat/.test(what)))(
    'of %s are x, whose classes are others',
    (_, nodes) => {
      expect(logits(nodes)).toEqual({ value: 'x', classes: 'other' });
    },
  );

  it('of p and 1 - p are those of the second class', () => {
    expect(logits([node('p = Sigmoid(x)'), node('q = Sub(one, p)'), node('y = Concat(q, p)', axis)])).toEqual(
      {
        value: 'x',
        classes: 1,
      },
    );
  });

  it.each<Row>(probabilities.filter(([what]) => /average|thirds|normalised|tanh|probit/.test(what)))(
    'of %s are no single value',
    (_, nodes) => {
      expect(logits(nodes)).toBeUndefined();
    },
  );
});
