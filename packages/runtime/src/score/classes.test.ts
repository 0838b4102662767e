import { join } from 'node:path';
import {
  type ClassScores,
  difference,
  key,
  type Score,
  softMarginObjective,
  stream,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { type Graph, write } from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import { curved, floats, graphOf, int, ints, linear, linearWeights, node, value } from '../../test/models.js';
import type { Model } from '../model/model.js';
import { open } from '../model/open.js';
import { rowNotices } from '../model/row-notices.js';
import { type ScoreOptions, score } from './score.js';

async function opened(graph: Graph | string, options: Parameters<typeof open>[1] = {}): Promise<Model> {
  const model = await open(typeof graph === 'string' ? graph : write(graph), { device: 'cpu', ...options });
  onTestFinished(() => model.close());
  return model;
}

function random(shape: readonly number[], seed = 1): Tensor {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

function classesOf({ classes }: Score): ClassScores {
  if (classes === undefined) throw new Error('the score has no classes');
  return classes;
}

/** The weighted sum of the gradients of each class, one score a class, and the values of these scores. */
async function summed(
  model: Model,
  options: Omit<ScoreOptions, 'target'>,
  { batch, weights }: { batch: Tensor; weights: Tensor },
) {
  const [n, count] = weights.shape;
  const size = batch.data.length / n;
  const values = new Float64Array(n * count);
  const gradient = new Float64Array(batch.data.length);
  for (let c = 0; c < count; c++) {
    const one = await score(model, { ...options, target: c });
    const [numbers, slopes] = [await one.value(batch), await one.gradient(batch)];
    for (let i = 0; i < n; i++) values[i * count + c] = numbers[i];
    for (let i = 0; i < gradient.length; i++)
      gradient[i] += weights.data[Math.floor(i / size) * count + c] * slopes.data[i];
  }
  return { values, gradient };
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i] - expected[i])).toBeLessThan(tolerance * scale);
}

const mnist = join(import.meta.dirname, '../../../../models/mnist-cnn.onnx');
const models: Record<
  string,
  { graph: () => Graph | string; shape: readonly number[]; count: number; options?: Partial<ScoreOptions> }
> = {
  'a linear model': { graph: () => linear(), shape: [3], count: 2 },
  'a float64 model': { graph: () => linear('N', 'float64'), shape: [3], count: 2 },
  'a model of a fixed batch size': { graph: () => curved(1), shape: [3], count: 2 },
  'a curved model, 3 rows a run': { graph: () => curved(), shape: [3], count: 2, options: { batch: 3 } },
  'a model with another input': {
    graph: scaled,
    shape: [2],
    count: 3,
    options: { input: 'x', feeds: { s: tensor([2, -1, 0.5], [3]) } },
  },
  'a model whose rows depend on each other': { graph: centred, shape: [3], count: 3 },
  'an output [N, 1, classes]': { graph: () => withAxis([0, 1, 3]), shape: [3], count: 3 },
  'an inner value': { graph: softmaxed, shape: [3], count: 2, options: { output: 'y' } },
  'the shipped MNIST model': { graph: () => mnist, shape: [1, 28, 28], count: 10 },
};

/** Logits s_c · (c + 1) · x_0 · x_1, for an input s that is the same for all rows. */
function scaled(): Graph {
  return graphOf({
    inputs: [value('x', ['N', 2]), value('s', [3])],
    outputs: [value('logits', ['N', 3])],
    constants: { w: floats([1, 3], [1, 2, 3]), axis: ints([1]) },
    nodes: [
      node('ReduceProd', ['x'], ['p'], { axes: { kind: 'ints', value: [1] }, keepdims: int(1) }),
      node('MatMul', ['p', 'w'], ['m']),
      node('Mul', ['m', 's'], ['logits']),
    ],
  });
}

/** Logits of x less the mean of x over the rows of a run, squared. */
function centred(): Graph {
  return graphOf({
    inputs: [value('x', ['N', 3])],
    outputs: [value('logits', ['N', 3])],
    nodes: [
      node('ReduceMean', ['x'], ['mean'], { axes: { kind: 'ints', value: [0] }, keepdims: int(1) }),
      node('Sub', ['x', 'mean'], ['c']),
      node('Mul', ['c', 'x'], ['d']),
      node('Add', ['d', 'x'], ['logits']),
    ],
  });
}

/** tanh(x) with axes of size 1. */
function withAxis(shape: readonly number[]): Graph {
  return graphOf({
    inputs: [value('x', ['N', 3])],
    outputs: [value('logits', ['N', ...shape.slice(1)])],
    constants: { shape: ints(shape) },
    nodes: [node('Tanh', ['x'], ['t']), node('Reshape', ['t', 'shape'], ['logits'])],
  });
}

/** y = x w, p = softmax(y). */
function softmaxed(): Graph {
  return graphOf({
    inputs: [value('x', ['N', 3])],
    outputs: [value('p', ['N', 2])],
    constants: { w: floats([3, 2], [1, 2, 3, 4, 5, 6]) },
    nodes: [node('MatMul', ['x', 'w'], ['y']), node('Softmax', ['y'], ['p'])],
  });
}

test.each(Object.entries(models))(
  'the weighted gradient of %s is the sum of the gradients of its classes',
  async (_name, { graph, shape, count, options = {} }) => {
    const model = await opened(graph());
    const f = await score(model, { ...options, target: 1 });
    const batch = random([7, ...shape]);
    const weights = random([7, count], 2);
    const classes = classesOf(f);
    expect(classes).toMatchObject({ count, target: 1 });
    const expected = await summed(model, options, { batch, weights });
    const found = await classes.gradient(batch, weights);
    expect(found.values.shape).toEqual([7, count]);
    expect(found.gradient.shape).toEqual(batch.shape);
    expectClose(found.values.data, expected.values, 1e-5);
    expectClose(found.gradient.data, expected.gradient, 1e-5);
    const into = tensor(new Float64Array(batch.data.length), batch.shape);
    expect((await classes.gradient(batch, weights, into)).gradient).toBe(into);
    expect([...into.data]).toEqual([...found.gradient.data]);
    expectClose((await classes.values(batch)).data, expected.values, 1e-5);
  },
);

test('the weighted gradient is that of central differences of the weighted sum of the values', async () => {
  const f = await score(await opened(curved()), { target: 0 });
  const [batch, weights] = [random([4, 3]), random([4, 2], 2)];
  const numeric = await classesOf(difference(f, { step: 1e-2 })).gradient(batch, weights);
  const { gradient } = await classesOf(f).gradient(batch, weights);
  gradient.data.forEach((slope, i) => {
    expect(slope).toBeCloseTo(numeric.gradient.data[i], 2);
  });
});

test('the margin and its gradient are those of the weights of the margin, also for a model of probabilities', async () => {
  for (const graph of [linear(), curved(), softmaxed()]) {
    const margin = await score(await opened(graph), { target: 1, link: 'margin' });
    const batch = random([5, 3]);
    const classes = classesOf(margin);
    const { values, weights } = softMarginObjective(1e-6)(await classes.values(batch), 1);
    expectClose(await margin.value(batch), values, 1e-5);
    expectClose(
      (await classes.gradient(batch, weights)).gradient.data,
      (await margin.gradient(batch)).data,
      1e-5,
    );
  }
});

test('other targets and links have the classes of their target', async () => {
  const f = await score(await opened(linear()), { target: 0, link: 'margin' });
  const other = await f.with?.({ target: 1, link: 'logit' });
  expect(other?.classes).toMatchObject({ target: 1, count: 2 });
  const { values, gradient } = await classesOf(f).gradient(tensor([1, 2, 3], [1, 3]), tensor([1, 0], [1, 2]));
  expect([...values.data]).toEqual([2.25, 7]);
  expect([...gradient.data]).toEqual([...linearWeights[0]]);
});

test.each([
  'guided',
  'lrp-epsilon',
  'lrp-z-plus',
  { name: 'deep-lift', baseline: tensor([0.5, 0, -1], [3]) },
])('a weight of 1 on one class gives its gradient by the rules %j', async (rules) => {
  const f = await score(await opened(curved()), { target: 1, rules });
  const batch = random([4, 3]);
  const weights = tensor([0, 1, 0, 1, 0, 1, 0, 1], [4, 2]);
  const { gradient } = await classesOf(f).gradient(batch, weights);
  expectClose(gradient.data, (await f.gradient(batch)).data, 1e-5);
});

test('weights of many calls share one session, and calls of one turn share one run', async () => {
  const model = await opened(curved());
  const names = new Set<string>();
  const runs: number[] = [];
  const session: Model['session'] = async (name, make) => {
    names.add(name);
    const inner = await model.session(name, make);
    return {
      ...inner,
      get seconds() {
        return inner.seconds;
      },
      run: (feeds, outputs) => {
        runs.push(feeds.x.dims[0]);
        return inner.run(feeds, outputs);
      },
    };
  };
  const f = await score({ ...model, session }, { target: 0 });
  const g = await score({ ...model, session }, { target: 1, link: 'margin' });
  const calls = Array.from({ length: 20 }, (_, i) =>
    classesOf(i % 2 === 0 ? f : g).gradient(random([1, 3], i), random([1, 2], i + 50)),
  );
  const together = await Promise.all(calls);
  expect(runs.reduce((sum, n) => sum + n, 0)).toBe(20);
  expect(runs.length).toBeLessThan(3);
  for (const [i, { gradient }] of together.entries()) {
    const alone = await classesOf(f).gradient(random([1, 3], i), random([1, 2], i + 50));
    expectClose(gradient.data, alone.gradient.data, 1e-5);
  }
  expect(names.size).toBe(1);
});

test('rows that depend on each other run alone, whatever their weights', async () => {
  const model = await opened(centred());
  const classes = classesOf(await score(model, { target: 0 }));
  const batch = random([4, 3]);
  await classes.gradient(batch, tensor(new Float32Array(12), [4, 3]));
  const found = await classes.gradient(batch, random([4, 3], 2));
  const first = await classes.gradient(
    tensor(batch.data.subarray(0, 3), [1, 3]),
    tensor(random([4, 3], 2).data.subarray(0, 3), [1, 3]),
  );
  expect(rowNotices(model)).toHaveLength(1);
  expectClose(found.values.data.subarray(0, 3), first.values.data, 1e-6);
  expectClose(found.gradient.data.subarray(0, 3), first.gradient.data, 1e-6);
});

/** x [N, 4] as [N, 2 classes, 2 places], squared. */
const places = graphOf({
  inputs: [value('x', ['N', 4])],
  outputs: [value('map', ['N', 2, 2])],
  constants: { shape: ints([0, 2, 2]) },
  nodes: [node('Mul', ['x', 'x'], ['square']), node('Reshape', ['square', 'shape'], ['map'])],
});

test('classes of an output with several axes are those at the place of the target', async () => {
  const model = await opened(places);
  const x = tensor([1, 2, 3, 4], [1, 4]);
  const weights = tensor([10, 100], [1, 2]);
  for (const target of [{ at: [1, 0] }, 2]) {
    const classes = classesOf(await score(model, { target, classAxis: 0 }));
    expect(classes).toMatchObject({ count: 2, target: 1 });
    const { values, gradient } = await classes.gradient(x, weights);
    expect([...values.data]).toEqual([1, 9]);
    expect([...gradient.data]).toEqual([20, 0, 600, 0]);
  }
  const last = classesOf(await score(model, { target: { at: [1, 0] }, classAxis: -1 }));
  expect(last.target).toBe(0);
  expect([...(await last.values(x)).data]).toEqual([9, 16]);
});

test('a score that is not of one class of several has no classes', async () => {
  const model = await opened(linear());
  expect((await score(model, { target: [0, 1] })).classes).toBeUndefined();
  expect((await score(model, { target: 'predicted' })).classes).toBeUndefined();
  const map = await opened(places);
  expect((await score(map, { target: 0 })).classes).toBeUndefined();
  expect((await score(map, { target: { at: [0, 'sum'] }, classAxis: 0 })).classes).toBeUndefined();
  const single = await opened(
    graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('y', ['N', 1])],
      constants: { w: floats([3, 1], [1, 2, 3]) },
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
    }),
  );
  expect((await score(single, { target: 0 })).classes).toBeUndefined();
});

test('weights and batches of another shape are refused, and progress counts the rows', async () => {
  const seen: string[] = [];
  const f = await score(await opened(linear()), {
    target: 0,
    onProgress: ({ forward, backward }) => seen.push(`${forward} ${backward}`),
  });
  const classes = classesOf(f);
  const batch = random([2, 3]);
  await expect(classes.gradient(batch, random([2, 3]))).rejects.toMatchObject({ code: 'tensor-shape' });
  await expect(classes.gradient(batch, random([2, 2]), random([3, 2]))).rejects.toMatchObject({
    code: 'tensor-shape',
  });
  await expect(classes.values(random([2, 4]))).rejects.toMatchObject({ code: 'tensor-shape' });
  await classes.values(batch);
  await classes.gradient(batch, random([2, 2]));
  expect(seen).toEqual(['2 0', '2 2']);
});
