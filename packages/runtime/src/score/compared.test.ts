import { type ClassScores, type Score, stream, type Tensor, tensor, key as withSeed } from '@onnxplain/core';
import { type Constant, type Node, write } from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import { floats, graphOf, int, node, value } from '../../test/models.js';
import { open } from '../model/open.js';
import { type ScoreOptions, score } from './score.js';

const constants: Readonly<Record<string, Constant>> = {
  w: floats([3, 1], [2, -1, 0.5]),
  half: floats([], [0.5]),
  one: floats([], [1]),
  hundred: floats([], [100]),
};
/** z = w·x, one number a row, and what follows. */
const z = node('MatMul', ['x', 'w'], ['z']);
const slope = [2, -1, 0.5];

async function modelOf(nodes: readonly Node[], classes = 1) {
  const graph = graphOf({
    inputs: [value('x', ['N', 3])],
    outputs: [value('y', ['N', classes])],
    constants,
    nodes,
  });
  const model = await open(write(graph), { device: 'cpu' });
  onTestFinished(() => model.close());
  return model;
}

const rows = tensor(new Float32Array(12), [4, 3]);
stream(withSeed(3)).fillNormal(rows.data);
const zOf = ({ data }: Tensor) =>
  Array.from({ length: data.length / 3 }, (_, i) =>
    slope.reduce((sum, w, j) => sum + w * data[3 * i + j], 0),
  );

async function marginOf(nodes: readonly Node[], options: Partial<ScoreOptions> = {}, classes = 1) {
  const f = await score(await modelOf(nodes, classes), { target: 0, ...options });
  const margin = await f.with?.({ link: 'margin', logits: true });
  if (margin === undefined) throw new Error('no margin');
  return margin;
}

function classesOf({ classes }: Score): ClassScores {
  if (classes === undefined) throw new Error('no classes');
  return classes;
}

function expectClose(got: ArrayLike<number>, wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  wanted.forEach((each, i) => {
    expect(got[i]).toBeCloseTo(each, 4);
  });
}

/** Graphs of one number a row whose logit is z, by what makes them. */
const oneNumber: Readonly<Record<string, readonly Node[]>> = {
  'a sigmoid': [z, node('Sigmoid', ['z'], ['y'])],
  'a probability whose logit no value holds': [
    z,
    node('Mul', ['z', 'half'], ['h']),
    node('Tanh', ['h'], ['t']),
    node('Mul', ['t', 'half'], ['th']),
    node('Add', ['th', 'half'], ['y']),
  ],
};

test.each(Object.entries(oneNumber))('the margin of %s is the logit of class 1', async (_, nodes) => {
  const margin = await marginOf(nodes);
  expectClose(await margin.value(rows), zOf(rows));
  expectClose((await margin.gradient(rows)).data, [...slope, ...slope, ...slope, ...slope]);
  const { values, gradient } = await classesOf(margin).gradient(
    rows,
    tensor([-1, 1, -1, 1, -1, 1, -1, 1], [4, 2]),
  );
  expect(classesOf(margin)).toMatchObject({ count: 2, target: 1, single: true });
  expectClose(
    values.data,
    zOf(rows).flatMap((each) => [-each / 2, each / 2]),
  );
  expectClose(gradient.data, [...slope, ...slope, ...slope, ...slope]);
});

test('the margin of one number that the caller says is a logit is that number, and a regression has none', async () => {
  const nodes = [z, node('Identity', ['z'], ['y'])];
  expectClose(await (await marginOf(nodes, { holds: 'logits' })).value(rows), zOf(rows));
  await expect(marginOf(nodes)).rejects.toMatchObject({ code: 'not-applicable' });
  await expect(marginOf(nodes)).rejects.toThrow(
    /one number a row, not bounded: a regression.*--holds logits/s,
  );
});

test('a margin of logits has slopes where a softmax or a sigmoid is 1 in float32; that of the output has none', async () => {
  const sure = tensor(Float32Array.of(50, -50, 0), [1, 3]);
  const pair = [z, node('Neg', ['z'], ['n']), node('Concat', ['n', 'z'], ['both'], { axis: int(1) })];
  const softmax = [...pair, node('Softmax', ['both'], ['y'], { axis: int(1) })];
  const margin = await marginOf(softmax, { target: 1 }, 2);
  expectClose(await margin.value(sure), [300]);
  expectClose((await margin.gradient(sure)).data, [4, -2, 1]);
  const asItStands = await score(await modelOf(softmax, 2), { target: 1, link: 'margin' });
  expectClose(await asItStands.value(sure), [1]);
  expectClose((await asItStands.gradient(sure)).data, [0, 0, 0]);
  expectClose((await (await marginOf([z, node('Sigmoid', ['z'], ['y'])])).gradient(sure)).data, slope);
});

test('two probabilities of one logit have the margin of that logit, with its sign for each class', async () => {
  const nodes = [
    z,
    node('Sigmoid', ['z'], ['p']),
    node('Sub', ['one', 'p'], ['q']),
    node('Concat', ['q', 'p'], ['y'], { axis: int(1) }),
  ];
  expectClose(await (await marginOf(nodes, { target: 1 }, 2)).value(rows), zOf(rows));
  const first = await marginOf(nodes, { target: 0 }, 2);
  expectClose(
    await first.value(rows),
    zOf(rows).map((each) => -each),
  );
  expect(classesOf(first)).toMatchObject({ count: 2, target: 0 });
});

test('probabilities 0 and 1 of one number have finite margins', async () => {
  const nodes = [z, node('Mul', ['z', 'hundred'], ['h']), node('Clip', ['h', 'zero', 'one'], ['y'])];
  const model = await open(
    write(
      graphOf({
        inputs: [value('x', ['N', 3])],
        outputs: [value('y', ['N', 1])],
        constants: { ...constants, zero: floats([], [0]) },
        nodes,
      }),
    ),
    { device: 'cpu' },
  );
  onTestFinished(() => model.close());
  const margin = await score(model, { target: 0, link: 'margin' });
  const found = await margin.value(tensor(Float32Array.of(1, 0, 0, -1, 0, 0), [2, 3]));
  const most = 24 * Math.log(2);
  expectClose(found, [most, -most]);
});

test('a margin of one number keeps its meaning under drawn weights and other targets are refused', async () => {
  const margin = await marginOf(oneNumber['a sigmoid']);
  const drawn = await margin.with?.({ weights: { layers: 1, draw: 'permuted', key: withSeed(1) } });
  const f = await score(await modelOf(oneNumber['a sigmoid']), { target: 0 });
  const p = await (await f.with?.({ weights: { layers: 1, draw: 'permuted', key: withSeed(1) } }))?.value(
    rows,
  );
  expectClose(
    (await drawn?.value(rows)) ?? [],
    Array.from(p ?? [], (each) => Math.log(each / (1 - each))),
  );
  await expect(f.with?.({ link: 'margin', target: 1 })).rejects.toMatchObject({ code: 'target-range' });
});
