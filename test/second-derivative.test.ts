import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { key } from 'onnxplain';
import { stream } from 'onnxplain/core';
import { attr, builderOf, type Graph, type Value, write } from 'onnxplain/graph';
import { main } from 'onnxplain/pipeline';
import * as ort from 'onnxruntime-node';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'onnxplain-second-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FEATURES = 5;
const WIDTH = 7;

/** A smooth multilayer perceptron, tanh and softplus, in float64 so that differences are exact to ten digits. */
function smoothMlp(): Graph {
  const random = stream(key(3));
  const normals = (...dims: number[]) => {
    const data = new Float64Array(dims.reduce((product, dim) => product * dim, 1));
    random.fillNormal(data);
    return { dtype: 'float64', dims, data } as const;
  };
  const x: Value = { name: 'x', dtype: 'float64', dims: ['N', FEATURES] };
  const empty = {
    outputs: [],
    nodes: [],
    constants: new Map(),
    metadata: {},
    functions: [],
    declared: new Map(),
  };
  const b = builderOf({ name: 'smooth-mlp', opsets: { '': 18 }, inputs: [x], ...empty });
  const dense = (value: string, from: number, to: number) =>
    b.emit('Gemm', [value, b.constant(normals(from, to)), b.constant(normals(to))], { transB: attr.int(0) });
  const hidden = b.emit('Tanh', [dense('x', FEATURES, WIDTH)]);
  const logits = dense(b.emit('Softplus', [dense(hidden, WIDTH, WIDTH)]), WIDTH, 3);
  return b.build([{ name: logits, dtype: 'float64', dims: ['N', 3] }]);
}

const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
const run = async (...words: string[]) => expect(await main(words, { out: sink, err: sink })).toBe(0);

test('grad of what grad wrote is the second derivative, run by plain ONNX Runtime', async () => {
  const file = (name: string) => join(folder, `${name}.onnx`);
  writeFileSync(file('mlp'), write(smoothMlp()));
  await run('grad', file('mlp'), '-o', file('first'));
  await run('grad', file('first'), '--of', 'gradient', '--wrt', 'x', '-o', file('second'));

  const first = await ort.InferenceSession.create(file('first'));
  const second = await ort.InferenceSession.create(file('second'));
  expect(first.inputNames).toEqual(['x', 'target']);
  const x = Float64Array.from({ length: FEATURES }, (_, i) => Math.sin(i + 1));
  const rows = (data: Float64Array) => new ort.Tensor('float64', data, [data.length / FEATURES, FEATURES]);
  const classes = (...values: number[]) =>
    new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);

  const [, component] = second.inputNames.filter((name) => name !== 'x');
  const step = 1e-5;
  for (let i = 0; i < FEATURES; i++) {
    const feeds = { x: rows(x), target: classes(1), [component]: classes(i) };
    const found = (await second.run(feeds))[second.outputNames[second.outputNames.length - 1]].data;
    for (let j = 0; j < FEATURES; j++) {
      const moved = [-step, step].flatMap((by) => Array.from(x, (v, k) => (k === j ? v + by : v)));
      const slopes = await first.run({ x: rows(Float64Array.from(moved)), target: classes(1, 1) });
      const gradient = slopes.gradient.data;
      const expected = (Number(gradient[FEATURES + i]) - Number(gradient[i])) / (2 * step);
      expect(Number(found[j])).toBeCloseTo(expected, 7);
    }
  }
  await first.release();
  await second.release();
});
