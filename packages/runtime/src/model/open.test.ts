import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { key, stream, tensor } from '@onnxplain/core';
import { bytesOf, constantFrom, externalData, type Graph, write, writeExternal } from '@onnxplain/graph';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { curved, floats, graphOf, int, ints, linear, node, value } from '../../test/models.js';
import { classes, predict } from '../score/predict.js';
import { score } from '../score/score.js';
import { grad } from './gradient.js';
import type { Model } from './model.js';
import { open } from './open.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnxplain-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function opened(graph: Graph): Promise<Model> {
  const model = await open(write(graph), { device: 'cpu' });
  onTestFinished(() => model.close());
  return model;
}

const x = floats([2, 3], [1, 0, 0, 0, 1, 1]);

test('a model says what it is', async () => {
  const path = join(folder, 'linear.onnx');
  await writeFile(path, write(linear()));
  await using model = await open(path, { device: 'cpu' });
  expect(model).toMatchObject({
    path,
    device: 'cpu',
    batch: 'symbolic',
    opset: 17,
    ops: { Gemm: 1 },
    parameters: 8,
    refused: {},
  });
  expect(model.inputs).toEqual([{ name: 'x', dtype: 'float32', dims: ['N', 3] }]);
  expect(model.outputs.map(({ name }) => name)).toEqual(['logits']);
  expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(Array.from((await model.run({ x })).logits.data as Float32Array)).toEqual([1.25, 0, 1.25, 1.5]);
});

test('run checks its feeds and the outputs asked for', async () => {
  const model = await opened(linear());
  await expect(model.run({ x, y: x })).rejects.toMatchObject({ code: 'feed-name' });
  await expect(model.run({ x: tensor([1, 2], [1, 2]) })).rejects.toMatchObject({ code: 'feed-shape' });
  await expect(model.run({ x }, ['nothing'])).rejects.toMatchObject({ code: 'name-unknown' });
});

test('files that cannot be read are named with their reason', async () => {
  const secret = join(folder, 'secret.onnx');
  await writeFile(secret, 'x');
  await chmod(secret, 0);
  const loop = join(folder, 'loop.onnx');
  await symlink(loop, loop);
  const cases: [string, string][] = [
    [join(folder, 'nowhere.onnx'), 'file-missing'],
    [folder, 'file-unreadable'],
    ['https://example.org/model.onnx', 'file-unreadable'],
    ['file:///tmp/model.onnx', 'file-unreadable'],
    ['', 'file-missing'],
    [loop, 'file-unreadable'],
  ];
  if (process.getuid?.() !== 0) cases.push([secret, 'file-unreadable']);
  for (const [path, code] of cases) {
    await expect(open(path, { device: 'cpu' }), path).rejects.toMatchObject({ code });
  }
  await expect(open(new Uint8Array(10), { device: 'cpu' })).rejects.toMatchObject({
    code: expect.stringMatching(/^(file-format|model-)/),
  });
});

test('options are checked', async () => {
  await expect(open(write(linear()), { device: 'tpu' } as never)).rejects.toMatchObject({
    code: 'option-value',
  });
  await expect(open(write(linear()), { devise: 'cpu' } as never)).rejects.toMatchObject({
    code: 'option-unknown',
  });
});

test('weights in other files are read from the folder of the model, or by the reader that is given', async () => {
  const graph = linear();
  const { model: bytes, data } = writeExternal(graph, { threshold: 1 });
  const alone = join(folder, 'alone');
  await mkdir(alone);
  for (const path of [join(folder, 'external.onnx'), join(alone, 'external.onnx')])
    await writeFile(path, bytes);
  const weights = bytesOf(data);
  await writeFile(join(folder, 'weights.bin'), weights);
  const models = [
    await open(join(folder, 'external.onnx'), { device: 'cpu' }),
    await open(join(alone, 'external.onnx'), { device: 'cpu', external: externalData(folder) }),
    await open(bytes, {
      device: 'cpu',
      external: ({ offset, length }) => new Uint8Array(weights.subarray(offset, offset + length)),
    }),
  ];
  for (const model of models) {
    expect(Array.from((await model.run({ x })).logits.data as Float32Array)).toEqual([1.25, 0, 1.25, 1.5]);
    await model.close();
  }
  await expect(open(bytes, { device: 'cpu' })).rejects.toMatchObject({ code: 'model-external-data' });
  await expect(open(join(alone, 'external.onnx'), { device: 'cpu' })).rejects.toMatchObject({
    code: 'file-missing',
  });
});

test('a fixed batch is freed when rows stay what they were', async () => {
  for (const batch of [1, 2]) {
    const model = await opened(curved(batch));
    const free = await opened(curved());
    expect(model.batch).toBe('freed');
    const rows = tensor(Float32Array.from({ length: 15 }, stream(key(1)).normal), [5, 3]);
    const [f, g] = [await score(model, { target: 1 }), await score(free, { target: 1 })];
    expect(await f.value(rows)).toEqual(await g.value(rows));
    expect(await f.gradient(rows)).toEqual(await g.gradient(rows));
  }
});

/** y = x - mean of x over the batch: shapes can be freed, rows cannot. */
const mixing = graphOf({
  inputs: [value('x', [2, 3])],
  outputs: [value('y', [2, 3])],
  nodes: [
    node('ReduceMean', ['x'], ['m'], { axes: { kind: 'ints', value: [0] }, keepdims: int(1) }),
    node('Sub', ['x', 'm'], ['y']),
  ],
});

test('a model that mixes its rows keeps its fixed batch', async () => {
  const model = await opened(mixing);
  expect(model).toMatchObject({ batch: 'fixed', fixedRows: 2 });
  await expect(model.run({ x: floats([1, 3], [1, 2, 3]) })).rejects.toMatchObject({ code: 'feed-shape' });
});

test('a model that mixes its rows by less than rounding keeps its fixed batch too', async () => {
  const [mean, difference] = mixing.nodes;
  const tiny = graphOf({
    ...mixing,
    constants: { little: floats([], [1e-9]) },
    nodes: [mean, node('Mul', ['m', 'little'], ['l']), { ...difference, inputs: ['x', 'l'] }],
  });
  expect(await opened(tiny)).toMatchObject({ batch: 'fixed', fixedRows: 2 });
});

test('a model of half precision that mixes its rows by less than its rounding keeps its fixed batch too', async () => {
  const little = graphOf({
    inputs: [value('x', [1, 4], 'float16')],
    outputs: [value('y', [1, 4], 'float16')],
    constants: { little: constantFrom('float16', [], [0.004]) },
    nodes: [
      node('Einsum', ['x', 'x'], ['e'], { equation: { kind: 'string', value: 'ij,kj->ij' } }),
      node('Mul', ['e', 'little'], ['l']),
      node('Add', ['x', 'l'], ['y']),
    ],
  });
  expect(await opened(little)).toMatchObject({ batch: 'fixed', fixedRows: 1 });
  expect((await opened(linear(1, 'float16'))).batch).toBe('freed');
});

/** A reshape to a batch of one that no rewriting can free: the shape is data of the graph. */
const stubborn = graphOf({
  inputs: [value('x', [1, 4])],
  outputs: [value('y', [1, 2])],
  constants: { ids: ints([0]), w: floats([4, 2], [1, 0, 0, 1, 1, 0, 0, 1]) },
  nodes: [node('Gather', ['x', 'ids'], ['first'], { axis: int(0) }), node('MatMul', ['first', 'w'], ['y'])],
});

test('a batch that cannot be freed is run row by row, with the same numbers', async () => {
  const model = await opened(stubborn);
  expect(model).toMatchObject({ batch: 'fixed', fixedRows: 1 });
  const rows = tensor([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1], [3, 4]);
  expect(Array.from((await predict(model, {}, rows)).scores.data)).toEqual([4, 6, 12, 14, 0, 1]);
  const f = await score(model, { target: [1, 0, 1] });
  expect(Array.from(await f.value(rows))).toEqual([6, 12, 1]);
  expect(Array.from((await f.gradient(rows)).data)).toEqual([0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1]);
});

test('predict gives all classes and the first best one of each row', async () => {
  const model = await opened(linear());
  expect(await classes(model)).toBe(2);
  const { scores, classes: best } = await predict(model, {}, tensor([0, 0, 0, 0, 0, 1], [2, 3]));
  expect(scores).toEqual({ shape: [2, 2], data: Float32Array.of(0.25, -0.5, -0.75, 2.5) });
  expect(Array.from(best)).toEqual([0, 1]);
});

test('the gradient of a model is a model', async () => {
  await using model = await grad(await opened(linear()));
  expect(model.inputs.map(({ name }) => name)).toEqual(['x', 'target']);
  const { gradient } = await model.run({ x, target: ints([0, 1]) });
  expect(Array.from(gradient.data as Float32Array)).toEqual([1, 2, -1, 0.5, -1, 3]);
});

test('how long threads wait for the next operator changes no number', async () => {
  const many = floats(
    [20_000, 3],
    Array.from({ length: 60_000 }, (_, i) => Math.sin(i)),
  );
  const results = [];
  for (const spin of [undefined, 0, 1000]) {
    await using model = await open(write(linear()), { device: 'cpu', spin, threads: 2 });
    const { logits } = await model.run({ x: many });
    results.push(Buffer.from((logits.data as Float32Array).buffer).toString('hex'));
  }
  expect(new Set(results).size).toBe(1);
});

test.each([
  [-1, /open\(spin\): expected a whole number from 0 up, at most 100000, got -1/],
  [0.5, /open\(spin\): expected a whole number from 0 up, at most 100000, got 0.5/],
  [2 ** 53, /open\(spin\): .* got 9007199254740992. Lower spin to 100000 or less/],
])('threads cannot wait for %s microseconds', async (spin, words) => {
  await expect(open(write(linear()), { device: 'cpu', spin })).rejects.toThrow(words);
});

test('a closed model refuses to run, and closing twice is fine', async () => {
  const model = await opened(linear());
  await model.run({ x });
  await model.close();
  await model.close();
  await expect(model.run({ x })).rejects.toMatchObject({ code: 'closed' });
});

test('opening and closing 300 times keeps memory flat', async () => {
  const bytes = write(curved());
  const cycle = async (i: number) => {
    const model = await open(bytes, { device: 'cpu', threads: 1 });
    const f = await score(model, { target: 0 });
    await f.value(tensor([1, 2, 3], [1, 3]));
    if (i % 20 === 0) await f.gradient(tensor([1, 2, 3], [1, 3]));
    await model.close();
  };
  for (let i = 0; i < 60; i++) await cycle(i);
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 300; i++) await cycle(i);
  expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(40);
}, 60_000);
