import { tensor } from '@onnxplain/core';
import { type Graph, type Node, write } from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import { floats, graphOf, int, node, value } from '../../test/models.js';
import { type Model, open } from '../index.js';
import { predict } from './predict.js';
import { score } from './score.js';

const missing = Number.NaN;

async function opened(graph: Graph): Promise<Model> {
  const model = await open(write(graph), { device: 'cpu' });
  onTestFinished(() => model.close());
  return model;
}

/** y = 2 a + 3 b with 10 for a missing a and 20 for a missing b. */
const imputed = () =>
  graphOf({
    inputs: [value('x', ['N', 2])],
    outputs: [value('y', ['N', 1])],
    constants: { means: floats([2], [10, 20]), w: floats([2, 1], [2, 3]) },
    nodes: [
      node('IsNaN', ['x'], ['gone']),
      node('Where', ['gone', 'means', 'x'], ['filled']),
      node('MatMul', ['filled', 'w'], ['y']),
    ],
  });

const list = (values: readonly number[]) => ({ kind: 'ints', value: values }) as const;
/** x[0] <= 1: 5, and 7 otherwise; a missing x[0] goes where `tracks` says, true being 5. */
const stump = (tracks: 0 | 1): Node => ({
  ...node('TreeEnsembleRegressor', ['x'], ['y']),
  domain: 'ai.onnx.ml',
  attributes: {
    n_targets: int(1),
    nodes_treeids: list([0, 0, 0]),
    nodes_nodeids: list([0, 1, 2]),
    nodes_featureids: list([0, 0, 0]),
    nodes_values: { kind: 'floats', value: [1, 0, 0] },
    nodes_modes: { kind: 'strings', value: ['BRANCH_LEQ', 'LEAF', 'LEAF'] },
    nodes_truenodeids: list([1, 0, 0]),
    nodes_falsenodeids: list([2, 0, 0]),
    nodes_missing_value_tracks_true: list([tracks, 0, 0]),
    target_treeids: list([0, 0]),
    target_nodeids: list([1, 2]),
    target_ids: list([0, 0]),
    target_weights: { kind: 'floats', value: [5, 7] },
  },
});
const tree = (tracks: 0 | 1): Graph => ({
  ...graphOf({
    inputs: [value('x', ['N', 2])],
    outputs: [value('y', ['N', 1])],
    constants: {},
    nodes: [stump(tracks)],
  }),
  opsets: { '': 17, 'ai.onnx.ml': 3 },
});

test('an imputer takes missing numbers, which then have no slope', async () => {
  const f = await score(await opened(imputed()), { target: 0 });
  const rows = tensor(Float32Array.of(1, missing, missing, 4), [2, 2]);
  expect([...(await f.value(rows))]).toEqual([2 * 1 + 3 * 20, 2 * 10 + 3 * 4]);
  expect([...(await f.gradient(rows)).data]).toEqual([2, 0, 0, 3]);
});

test.each([
  [0, 7],
  [1, 5],
] as const)('a tree sends a missing number where it says (%i)', async (tracks, expected) => {
  const model = await opened(tree(tracks));
  const rows = tensor(Float32Array.of(missing, 0), [1, 2]);
  expect([...(await predict(model, {}, rows)).scores.data]).toEqual([expected]);
});

test('infinity is refused where a missing number is not, with its own place', async () => {
  const f = await score(await opened(imputed()), { target: 0 });
  const rows = tensor(Float32Array.of(missing, 1, 2, Number.POSITIVE_INFINITY), [2, 2]);
  await expect(f.value(rows)).rejects.toMatchObject({
    code: 'feed-value',
    diagnosis: { got: 'Infinity at [1, 1]' },
  });
});

test('a missing number that a linear layer would get is refused', async () => {
  const plain = graphOf({
    inputs: [value('x', ['N', 2]), value('z', ['N', 2])],
    outputs: [value('y', ['N', 1])],
    constants: { w: floats([2, 1], [2, 3]) },
    nodes: [node('Add', ['x', 'z'], ['s']), node('MatMul', ['s', 'w'], ['y'])],
  });
  const model = await opened(plain);
  const ones = tensor(Float32Array.of(1, 1), [1, 2]);
  const holed = tensor(Float32Array.of(1, missing), [1, 2]);
  const f = await score(model, { target: 0, input: 'x', feeds: { z: ones } });
  await expect(f.value(holed)).rejects.toMatchObject({ code: 'feed-value' });
  await expect(score(model, { target: 0, input: 'x', feeds: { z: holed } })).rejects.toMatchObject({
    code: 'feed-value',
  });
  await expect(model.run({ x: holed, z: ones })).rejects.toMatchObject({ code: 'feed-value' });
});
