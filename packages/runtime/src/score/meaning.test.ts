import { key, OnnxplainError, stream, tensor } from '@onnxplain/core';
import { attr, type Graph, type Node, write } from '@onnxplain/graph';
import { afterAll, describe, expect, it, test } from 'vitest';
import { type Model, open } from '../index.js';
import { expectLink, type OutputMeaning, outputMeaning } from './meaning.js';
import { score } from './score.js';

const node = (op: string, inputs: readonly string[], output: string, more: Partial<Node> = {}): Node => ({
  op,
  domain: '',
  name: output,
  inputs,
  outputs: [output],
  attributes: {},
  ...more,
});

/** y of x, [N, 3]. */
function graph(nodes: readonly Node[], columns = 3): Graph {
  return {
    name: 'm',
    opsets: { '': 17 },
    inputs: [{ name: 'x', dtype: 'float32', dims: ['N', 3] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: ['N', columns] }],
    constants: new Map([
      ['half', { dtype: 'float32', dims: [], data: Float32Array.of(0.5) }],
      ['mean', { dtype: 'float32', dims: [3, 1], data: Float32Array.of(1, -2, 0.5) }],
      ['third', { dtype: 'float32', dims: [3, 3], data: new Float32Array(9).fill(1 / 3) }],
      ['zeros', { dtype: 'float32', dims: [3, 3], data: new Float32Array(9) }],
      ['far', { dtype: 'float32', dims: [], data: Float32Array.of(1000) }],
    ]),
    nodes,
    metadata: {},
    functions: [],
    declared: new Map(),
  };
}

const axis = { attributes: { axis: attr.int(1) } };
/** A product with weights that sum to 1: bounds of products are not followed. */
const hidden = (of: string) => node('MatMul', [of, 'third'], 'y');

const opened: Model[] = [];
afterAll(() => Promise.all(opened.map((model) => model.close())));

async function modelOf(nodes: readonly Node[], columns?: number): Promise<Model> {
  const model = await open(write(graph(nodes, columns)), { device: 'cpu' });
  opened.push(model);
  return model;
}

const rowOf = (...numbers: readonly number[]) => ({ row: tensor(Float32Array.from(numbers), [3]) });

const softmax = [node('Softmax', ['x'], 's', axis)];

describe('what a graph does not tell is told by what it gives', () => {
  it.each<[string, OutputMeaning['holds'], readonly Node[], number?]>([
    ['mixed softmaxes', 'probabilities', [...softmax, hidden('s')]],
    ['mixed sigmoids', 'probabilities', [node('Sigmoid', ['x'], 's'), hidden('s')]],
    [
      'the logarithm of mixed softmaxes',
      'log-probabilities',
      [...softmax, node('MatMul', ['s', 'third'], 'p'), node('Log', ['p'], 'y')],
    ],
    ['one mixed sigmoid', 'probabilities', [node('Sigmoid', ['x'], 's'), node('MatMul', ['s', 'third'], 'm'), node('ReduceMax', ['m'], 'y', { attributes: { axes: attr.ints([1]) } })], 1],
    ['a linear layer', 'logits', [node('MatMul', ['x', 'third'], 'y')]],
    ['a rectifier', 'logits', [node('Relu', ['x'], 'y')]],
    ['one number', 'unbounded', [node('MatMul', ['x', 'mean'], 'y')], 1],
    ['a constant that sums to 1', 'probabilities', [node('Mul', ['x', 'zero'], 'z'), node('Softmax', ['z'], 's', axis), hidden('s')]],
    ['zeros', 'unknown', [node('MatMul', ['x', 'zeros'], 'y')]],
  ])('%s: %s', async (_, holds, nodes, columns) => {
    const model = await modelOf([node('Sub', ['half', 'half'], 'zero'), ...nodes], columns);
    const meaning = await outputMeaning(model, {});
    expect(meaning).toMatchObject({ holds, output: 'y', classes: columns ?? 3, evidence: { by: 'observed' } });
  });
}); // biome-ignore format: rows

test('the graph shows what an output holds whose batch axis is not the first', async () => {
  const last: Partial<Graph> = { outputs: [{ name: 'y', dtype: 'float32', dims: [3, 'N'] }] };
  const nodes = [...softmax, node('Transpose', ['s'], 'y')];
  const model = await open(write({ ...graph(nodes), ...last }), { device: 'cpu' });
  opened.push(model);
  const evidence = { by: 'graph', op: 'Softmax', node: 's' };
  expect(await outputMeaning(model, {})).toMatchObject({ holds: 'probabilities', evidence });
});

test('one row is run where the first one settles the matter, and all where it does not', async () => {
  const linear = await outputMeaning(await modelOf([node('MatMul', ['x', 'third'], 'y')]), {}, [
    rowOf(9, 9, 9),
  ]);
  expect(linear.evidence).toMatchObject({ by: 'observed', rows: 1 });
  const mixed = await outputMeaning(await modelOf([...softmax, hidden('s')]), {});
  expect(mixed.evidence).toMatchObject({ by: 'observed', rows: 12 });
});

test('random rows show that numbers in [0, 1] at the given rows are no probabilities', async () => {
  const model = await modelOf([
    node('Tanh', ['x'], 't'),
    node('MatMul', ['t', 'third'], 'm'),
    node('Abs', ['m'], 'a'),
    node('Add', ['a', 'a'], 'y'),
  ]);
  expect((await outputMeaning(model, {}, [rowOf(0.1, 0.2, 0.1)])).holds).toBe('logits');
});

test('a given row shows that numbers in [0, 1] at random rows are no probabilities, whatever its place', async () => {
  const model = await modelOf([
    ...softmax,
    node('MatMul', ['s', 'third'], 'm'),
    node('Sub', ['x', 'far'], 'd'),
    node('Relu', ['d'], 'r'),
    node('Add', ['m', 'r'], 'y'),
  ]);
  const [near, beyond] = [rowOf(1, 2, 3), rowOf(1, 2, 5000)];
  expect((await outputMeaning(model, {}, [near])).holds).toBe('probabilities');
  for (const rows of [[near, beyond], [beyond, near], [beyond]]) {
    expect((await outputMeaning(model, {}, rows)).holds).toBe('logits');
  }
});

test('the probability of a class is the entry, its exponential, or its softmax, by what the output holds', async () => {
  const x = tensor(new Float32Array(12), [4, 3]);
  stream(key(3)).fillNormal(x.data);
  const classes = async (nodes: readonly Node[]) => {
    const f = await score(await modelOf(nodes), { target: 1, link: 'probability' });
    return f.value(x);
  };
  const expected = Array.from({ length: 4 }, (_, i) => {
    const row = Array.from(x.data.subarray(3 * i, 3 * i + 3), Math.exp);
    return row[1] / row.reduce((a, b) => a + b);
  });
  for (const nodes of [
    [node('Softmax', ['x'], 'y', axis)],
    [node('LogSoftmax', ['x'], 'y', axis)],
    [node('Identity', ['x'], 'y')],
  ]) {
    const got = await classes(nodes);
    expected.forEach((p, i) => {
      expect(got[i]).toBeCloseTo(p, 6);
    });
  }
});

test('one unbounded number gets a sigmoid only where the caller says that it is a logit', async () => {
  const model = await modelOf([node('MatMul', ['x', 'mean'], 'y')], 1);
  const refused = await score(model, { target: 0, link: 'probability' }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'not-applicable' });
  expect(String((refused as OnnxplainError).message)).toContain('--holds logits');
  const f = await score(model, { target: 0, link: 'probability', holds: 'logits' });
  const [p] = await f.value(tensor(Float32Array.of(1, 1, 1), [1, 3]));
  expect(p).toBeCloseTo(1 / (1 + Math.exp(0.5)), 6);
  const plain = await score(model, { target: 0 });
  expect([...(await plain.value(tensor(Float32Array.of(1, 1, 1), [1, 3])))]).toEqual([-0.5]);
});

test('only the probability asks what an output holds', async () => {
  const model = await modelOf([node('MatMul', ['x', 'mean'], 'y')], 1);
  const meaning = await outputMeaning(model, {});
  expect(expectLink(meaning, 'logit')).toBeUndefined();
  expect(() => expectLink(meaning, 'probability')).toThrow(OnnxplainError);
});
