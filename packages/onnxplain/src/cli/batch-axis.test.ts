import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readNpy } from '@onnxplain/files';
import { type Graph, type Node, write } from '@onnxplain/graph';
import { afterAll, expect, test } from 'vitest';
import { folderWith, npy, onnxplain } from '../../test/models.js';

const node = (op: string, inputs: readonly string[], output: string, attributes = {}): Node => ({
  op,
  domain: '',
  name: output,
  inputs,
  outputs: [output],
  attributes,
});

/** y[batch] = sum over time and width of x[time, batch, width] squared. */
const timeFirst: Graph = {
  name: 'time-first',
  opsets: { '': 17 },
  inputs: [{ name: 'x', dtype: 'float32', dims: ['time', 'batch', 2] }],
  outputs: [{ name: 'y', dtype: 'float32', dims: ['batch', 1] }],
  constants: new Map([
    ['axes', { dtype: 'int64', dims: [2], data: BigInt64Array.of(0n, 2n) }],
    ['last', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) }],
  ]),
  nodes: [
    node('Mul', ['x', 'x'], 'q'),
    node('ReduceSum', ['q', 'axes'], 's', { keepdims: { kind: 'int', value: 0 } }),
    node('Unsqueeze', ['s', 'last'], 'y'),
  ],
  metadata: {},
  functions: [],
  declared: new Map(),
};

/** y = running sum of x [steps, 2]. */
const steps: Graph = {
  ...timeFirst,
  inputs: [{ name: 'x', dtype: 'float32', dims: ['steps', 2] }],
  outputs: [{ name: 'y', dtype: 'float32', dims: ['steps', 2] }],
  constants: new Map([['axis', { dtype: 'int64', dims: [], data: BigInt64Array.of(0n) }]]),
  nodes: [node('CumSum', ['x', 'axis'], 'y')],
};

/** y[to] = x[from] for every edge from a node to another, and 0 where no edge ends: a graph network in small. */
const nodes: Graph = {
  ...timeFirst,
  inputs: [
    { name: 'x', dtype: 'float32', dims: ['nodes', 2] },
    { name: 'edges', dtype: 'int64', dims: [2, 'edges'] },
  ],
  outputs: [{ name: 'y', dtype: 'float32', dims: ['nodes', 2] }],
  constants: new Map([
    ['first', { dtype: 'int64', dims: [], data: BigInt64Array.of(0n) }],
    ['second', { dtype: 'int64', dims: [], data: BigInt64Array.of(1n) }],
    ['last', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) }],
    ['zero', { dtype: 'float32', dims: [], data: Float32Array.of(0) }],
  ]),
  nodes: [
    node('Gather', ['edges', 'first'], 'from'),
    node('Gather', ['edges', 'second'], 'to'),
    node('Gather', ['x', 'from'], 'messages'),
    node('Unsqueeze', ['to', 'last'], 'at'),
    node('Mul', ['x', 'zero'], 'none'),
    node('ScatterND', ['none', 'at', 'messages'], 'y'),
  ],
};

const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
const folder = folderWith({
  'time.onnx': write(timeFirst),
  'steps.onnx': write(steps),
  'carded.onnx': write(steps),
  'carded.card.json': '{ "batchAxis": 0 }',
  'nodes.onnx': write(nodes),
  'edges.npy': npy([2, 4], [0, 1, 3, 5, 4, 2, 0, 1]),
  'three.npy': npy([3, 2, 2], numbers),
  'six.npy': npy([6, 2], numbers),
});
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

async function json(...argv: readonly string[]) {
  const { exit, out, err } = await onnxplain(...argv, '--json');
  expect(exit, err).toBe(0);
  return { ...JSON.parse(out), err };
}

test('files fall into rows along the batch axis, and answers are written back in the form of the file', async () => {
  const explain = ['explain', at('time.onnx'), '--input', at('three.npy'), '--explainer', 'gradient'];
  const { explanations, err } = await json(...explain, '--target', '0');
  // Time 0, 1, 2 of row 0 and of row 1; the slope of a square is twice the number.
  expect(explanations.map(({ shape }: { shape: number[] }) => shape)).toEqual([
    [3, 2],
    [3, 2],
  ]);
  expect(explanations[0].values).toEqual([2, 4, 10, 12, 18, 20]);
  expect(explanations[1].values).toEqual([6, 8, 14, 16, 22, 24]);
  expect(err).toContain('rows of "x" lie along axis 1 ("batch")');
  await json(...explain, '--target', '0', '-o', at('out.npy'));
  const { tensor } = readNpy(readFileSync(at('out.npy')), 'out.npy');
  expect(tensor.shape).toEqual([3, 2, 2]);
  expect([...tensor.data]).toEqual(numbers.map((number) => 2 * number));
});

test('an array without a batch axis is one input, and a card or a flag says otherwise', async () => {
  const explain = (model: string, ...rest: readonly string[]) =>
    json('explain', at(model), '--input', at('six.npy'), '--explainer', 'gradient', '--target', '1', ...rest);
  const whole = await explain('steps.onnx');
  expect(whole.explanations).toHaveLength(1);
  expect(whole.explanations[0].shape).toEqual([6, 2]);
  expect(whole.err).toContain('CumSum "y" combines the rows of "x"');
  for (const each of [await explain('carded.onnx'), await explain('steps.onnx', '--batch-axis', '0')]) {
    expect(each.explanations).toHaveLength(6);
    expect(each.explanations[5].values).toEqual([0, 1]);
    expect(each.err).toContain('each is run by itself');
  }
  const again = await explain('carded.onnx', '--batch-axis', 'x=none', 'y=none');
  expect(again.explanations).toHaveLength(1);
});

test('an input beside one that is one example as a whole is given whole, by its name or as a feed', async () => {
  const explain = (...rest: readonly string[]) =>
    json('explain', at('nodes.onnx'), '--explainer', 'gradient', '--target', '4:1', ...rest);
  const named = await explain('--input', `x=${at('six.npy')}`, `edges=${at('edges.npy')}`);
  const fed = await explain('--input', at('six.npy'), '--feed', `edges=${at('edges.npy')}`);
  // Only the edge from node 0 ends at node 4.
  for (const { explanations } of [named, fed]) {
    expect(explanations).toHaveLength(1);
    expect(explanations[0]).toMatchObject({ score: 2, values: [0, 1, ...Array(10).fill(0)] });
  }
});

test.each([
  ['a word', ['--batch-axis', 'first'], 'Not an axis from 0 up, or none'],
  ['two axes for one input', ['--batch-axis', '0', '1'], 'Not one axis'],
  ['an axis that the input does not have', ['--batch-axis', '2'], 'from 0 to 1, or none'],
  ['a name that the model does not have', ['--batch-axis', 'z=0'], 'one of x, y'],
])('%s is refused', async (_, flags, message) => {
  const { exit, err } = await onnxplain(
    ...['explain', at('steps.onnx'), '--input', at('six.npy'), '--explainer', 'gradient', ...flags],
  );
  expect(exit).not.toBe(0);
  expect(err).toContain(message);
});

test('inspect says where inputs and outputs have their rows, and which run alone', async () => {
  const lines = async (model: string) =>
    (await onnxplain('inspect', at(model))).out.split('\n').filter((line) => line.startsWith('batch axis'));
  expect(await lines('time.onnx')).toEqual(['batch axis  x 1, y 0 (rows of "x" lie along axis 1 ("batch"))']);
  expect(await lines('steps.onnx')).toEqual([
    'batch axis  x none, y none, 1 row a run (CumSum "y" combines the rows of "x", so that the whole array is one example)',
  ]);
  const { batchAxes } = await json('inspect', at('time.onnx'));
  expect(batchAxes).toMatchObject([{ input: 'x', output: 'y', axis: 1, outputAxis: 0 }]);
});

test('grad says that seeds add up where rows are combined, and nothing where they are apart', async () => {
  const said = async (model: string) => (await onnxplain('grad', at(model), '-o', at('gradient.onnx'))).err;
  expect(await said('steps.onnx')).toContain('that of the sum over the first axis of "y"');
  expect(await said('time.onnx')).toBe('');
});
