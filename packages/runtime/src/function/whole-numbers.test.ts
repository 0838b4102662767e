import { tensor } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import { floats, graphOf, node, value } from '../../test/models.js';
import { open } from '../model/open.js';
import { score } from '../score/score.js';

/** y = 2 a + 3 b of the whole numbers c = [a, b]. */
const weighted = graphOf({
  inputs: [value('c', ['N', 2], 'int64')],
  outputs: [value('y', ['N', 1])],
  nodes: [node('Cast', ['c'], ['f'], { to: { kind: 'int', value: 1 } }), node('MatMul', ['f', 'w'], ['y'])],
  constants: { w: floats([2, 1], [2, 3]) },
});

async function scored() {
  const model = await open(write(weighted), { device: 'cpu' });
  onTestFinished(() => model.close());
  return score(model, { input: 'c', target: 0 });
}

test('a score takes whole numbers for an input of the model that holds them', async () => {
  const f = await scored();
  expect([...(await f.value(tensor([1, 2, 4, 0, -1, 2 ** 20], [3, 2])))]).toEqual([8, 8, 3 * 2 ** 20 - 2]);
});

test('numbers that are not whole, or that the type cannot hold, are refused by position', async () => {
  const f = await scored();
  await expect(f.value(tensor([1, 0.5], [1, 2]))).rejects.toThrow(
    'whole numbers, as the model takes int64, got 0.5 at [0, 1]',
  );
  await expect(f.value(tensor([1, 1e30], [1, 2]))).rejects.toThrow('got 1e+30 at [0, 1]');
});

test('a derivative is refused with the node that reads the numbers', async () => {
  const f = await scored();
  await expect(f.gradient(tensor([1, 2], [1, 2]))).rejects.toThrow(/input "c", read by Cast node "Cast_f"/);
});
