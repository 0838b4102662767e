import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { grad, key, open, tensor } from 'onnxplain';
import { stream } from 'onnxplain/core';
import { type Constant, read, write } from 'onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';

const fixture = (name: string) => join(import.meta.dirname, 'fixtures/declared', `${name}.onnx`);

function normals(shape: readonly number[], seed: number): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  stream(key(seed)).fillNormal(data);
  return data;
}

const STEP = 2e-3;

/** Shapes of the inputs of each file for n rows; all give [n, classes] where they run, whatever they declare. */
const files = {
  'squeeze-rank': (n: number) => ({ classes: 3, shapes: { x: [n, 4] } }),
  'squeeze-rank-deep': (n: number) => ({ classes: 3, shapes: { x: [n, 4], h1: [5], h2: [5] } }),
  // keepdims is 2, which ONNX Runtime takes for 0.
  'keepdims-2': (n: number) => ({ classes: 2, shapes: { x: [n, 3, 4] } }),
} as const;

test.each(Object.keys(files) as (keyof typeof files)[])(
  'the gradient of %s has a target and is the slope of what ONNX Runtime gives',
  async (name) => {
    const model = await open(fixture(name), { device: 'cpu' });
    const graph = grad(model.graph, { of: 'y', wrt: 'x' });
    const gradient = await open(write(graph), { device: 'cpu' });
    onTestFinished(async () => {
      await model.close();
      await gradient.close();
    });
    expect(graph.inputs.at(-1)).toMatchObject({ name: 'target', dims: [graph.inputs[0].dims?.[0]] });
    for (const n of [2, 4]) {
      const { classes, shapes } = files[name](n);
      const feeds = Object.fromEntries(
        Object.entries<readonly number[]>(shapes).map(([input, shape], i) => [
          input,
          tensor(normals(shape, i), shape),
        ]),
      );
      const target: Constant = {
        dtype: 'int64',
        dims: [n],
        data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i % classes)),
      };
      const run = await gradient.run({ ...feeds, target });
      const found = Array.from(run.gradient.data as Float32Array);
      const sumAt = async (at: number, step: number): Promise<number> => {
        const x = feeds.x.data.slice();
        x[at] += step;
        const { y } = await model.run({ ...feeds, x: tensor(x, feeds.x.shape) }, ['y']);
        const width = y.data.length / n;
        return [...Array(n).keys()].reduce((sum, i) => sum + Number(y.data[i * width + (i % classes)]), 0);
      };
      for (let at = 0; at < found.length; at++) {
        const slope = ((await sumAt(at, STEP)) - (await sumAt(at, -STEP))) / (2 * STEP);
        expect(found[at]).toBeCloseTo(slope, 3);
      }
    }
  },
);

test.each(['squeeze-rank', 'squeeze-rank-deep'])('%s alone, without a run, has no gradient', (name) => {
  const graph = read(readFileSync(fixture(name)));
  expect(() => grad(graph, { of: 'y', wrt: 'x' })).toThrow('value "y": expected a known rank');
});
