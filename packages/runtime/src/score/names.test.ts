/** Messages, notices and records name an output as the model does, whatever name its value has in the graph of a function. */
import { tensor } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { afterAll, expect, test } from 'vitest';
import { graphOf, ints, node, value } from '../../test/models.js';
import type { Model } from '../model/model.js';
import { open } from '../model/open.js';
import { rowNotices } from '../model/row-notices.js';
import { outputMeaning } from './meaning.js';
import { score } from './score.js';

const models: Model[] = [];
afterAll(() => Promise.all(models.map((model) => model.close())));

/** y[t, b, c] = (x[b, c, t] of the rows in the reverse order)²: the order is not known before it runs. */
const timeMajor = graphOf({
  inputs: [value('x', ['batch', 4, 'time'])],
  outputs: [value('y', ['time', 'batch', 4])],
  constants: { from: ints([-1]), to: ints([-(2 ** 62)]), axis: ints([0]), step: ints([-1]) },
  nodes: [
    node('Slice', ['x', 'from', 'to', 'axis', 'step'], ['s']),
    node('Transpose', ['s'], ['t'], { perm: { kind: 'ints', value: [2, 0, 1] } }),
    node('Mul', ['t', 't'], ['y']),
  ],
});

async function opened(): Promise<Model> {
  const model = await open(write(timeMajor), { device: 'cpu', batchAxis: { x: 0, y: 1 } });
  models.push(model);
  return model;
}

const x = tensor(
  Float32Array.from({ length: 36 }, (_, i) => Math.sin(3 * i + 1)),
  [3, 4, 3],
);

test('the meaning of an output that has its rows elsewhere is that of the output by name', async () => {
  const { output } = await outputMeaning(await opened(), { shape: [4, 3] });
  expect(output).toBe('y');
});

test('a notice that rows depend on each other names the output', async () => {
  const model = await opened();
  const f = await score(model, { target: 0, shape: [4, 3] });
  await f.value(x);
  await f.gradient(x);
  expect(rowNotices(model).join()).toContain(`change each other's "y" when`);
});

test('an error about an inner tensor offers names of the model only', async () => {
  const { internals } = await score(await opened(), { target: 0, shape: [4, 3] });
  expect(() => internals?.layers(['nothing like it'])).toThrow(/last values are .*s, t, y\./);
});
