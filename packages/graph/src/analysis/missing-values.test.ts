import { expect, test } from 'vitest';
import { attr } from '../builder/builder.js';
import type { Graph, Node } from '../ir/types.js';
import { takesMissing, treesWithDefaultMissingBranch } from './missing-values.js';

const node = (op: string, inputs: readonly string[], output: string, more: Partial<Node> = {}): Node => ({
  ...{ op, domain: '', name: output, inputs, outputs: [output], attributes: {} },
  ...more,
});
const trees = (input: string, output = 'y', op = 'TreeEnsembleRegressor') =>
  node(op, [input], output, { domain: 'ai.onnx.ml' });

const graphOf = (nodes: readonly Node[], output = 'y'): Graph => ({
  name: 'g',
  opsets: { '': 17, 'ai.onnx.ml': 3 },
  inputs: ['x', 'z'].map((name) => ({ name, dtype: 'float32', dims: ['N', 2] })),
  outputs: [{ name: output, dtype: 'float32', dims: ['N', 2] }],
  constants: new Map([['c', { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2) }]]),
  nodes,
  metadata: {},
  functions: [],
  declared: new Map(),
});

const imputed = [node('IsNaN', ['x'], 'gone'), node('Where', ['gone', 'c', 'x'], 'filled')];

test.each<[string, readonly Node[]]>([
  ['a tree ensemble', [trees('x')]],
  ['the newest tree ensemble', [trees('x', 'y', 'TreeEnsemble')]],
  [
    'scaled columns beside others, to trees',
    [node('Sub', ['x', 'c'], 'a'), node('Concat', ['a', 'z'], 'b'), trees('b')],
  ],
  [
    'a cast to float64, to trees',
    [node('Cast', ['x'], 'd', { attributes: { to: attr.int(11) } }), trees('d')],
  ],
  ['an imputer before a linear layer', [...imputed, node('MatMul', ['filled', 'c'], 'y')]],
  [
    'an imputer whose mask marks the numbers that exist',
    [
      ...[node('IsNaN', ['x'], 'gone'), node('Not', ['gone'], 'there')],
      ...[node('Where', ['there', 'x', 'c'], 'filled'), node('MatMul', ['filled', 'c'], 'y')],
    ],
  ],
])('%s takes missing numbers', (_, nodes) => {
  expect(takesMissing(graphOf(nodes), 'x')).toBe(true);
});

test.each<[string, readonly Node[]]>([
  ['a linear layer', [node('MatMul', ['x', 'c'], 'y')]],
  [
    'trees beside a linear layer',
    [trees('x', 'a'), node('MatMul', ['x', 'c'], 'b'), node('Add', ['a', 'b'], 'y')],
  ],
  ['a maximum with 0, which may replace NaN', [node('Relu', ['x'], 'a'), trees('a')]],
  ['a cast to integers', [node('Cast', ['x'], 'd', { attributes: { to: attr.int(7) } }), trees('d')]],
  ['a sum with another input', [node('Add', ['x', 'z'], 'a'), trees('a')]],
  [
    'a replacement by the missing value itself',
    [node('IsNaN', ['x'], 'gone'), node('Where', ['gone', 'x', 'c'], 'y')],
  ],
  [
    'a mask of another value',
    [node('IsNaN', ['z'], 'gone'), node('Where', ['gone', 'c', 'x'], 'a'), node('MatMul', ['a', 'c'], 'y')],
  ],
  ['an output that is the input scaled', [node('Mul', ['x', 'c'], 'y')]],
  ['another operator of machine learning', [node('OneHotEncoder', ['x'], 'y', { domain: 'ai.onnx.ml' })]],
  [
    'a branch that may use it',
    [node('If', ['z'], 'y', { attributes: { then_branch: { kind: 'graph', value: graphOf([]) } } })],
  ],
])('%s does not', (_, nodes) => {
  expect(takesMissing(graphOf(nodes), 'x')).toBe(false);
});

test('a name that is no input takes nothing', () => {
  expect(takesMissing(graphOf([trees('x')]), 'gone')).toBe(false);
});

test('trees of which no node sends missing numbers to the true branch are listed', () => {
  const tracksTrue = (value: readonly number[]) => ({
    attributes: { nodes_missing_value_tracks_true: { kind: 'ints', value } as const },
  });
  const all = [
    trees('x', 'unset'),
    { ...trees('x', 'zeros'), ...tracksTrue([0, 0]) },
    { ...trees('x', 'set'), ...tracksTrue([0, 1]) },
  ];
  expect(treesWithDefaultMissingBranch(graphOf(all))).toEqual(['unset', 'zeros']);
});
