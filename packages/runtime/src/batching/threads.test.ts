import { tensor } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { floats, graphOf, node, value } from '../../test/models.js';
import { open } from '../model/open.js';
import { score } from '../score/score.js';
import { rowCost } from './row-cost.js';
import { isSmallRun, rowsForThreads } from './threads.js';

const SIZE = 128;
const entries = (n: number) => Array.from({ length: n }, (_, i) => Math.sin(i));

/** Two layers of 128 units, of which a row makes about 2^15 products. */
const layers = graphOf({
  inputs: [value('x', ['N', SIZE])],
  outputs: [value('y', ['N', SIZE])],
  constants: {
    w: floats([SIZE, SIZE], entries(SIZE * SIZE)),
    v: floats([SIZE, SIZE], entries(SIZE * SIZE)),
  },
  nodes: [node('MatMul', ['x', 'w'], ['wx']), node('Tanh', ['wx'], ['h']), node('MatMul', ['h', 'v'], ['y'])],
});
const rows = (n: number) =>
  tensor(
    Float32Array.from({ length: n * SIZE }, (_, i) => Math.cos(i)),
    [n, SIZE],
  );

async function scored(threads: number, counts: readonly number[]) {
  await using model = await open(write(layers), { threads, device: 'cpu' });
  const f = await score(model, { target: 3, batch: 4096 });
  const results = [];
  for (const n of counts) results.push(await f.gradient(rows(n)));
  return { results, sessions: model.openSessions() };
}

test('half of the rows from which runs are searched are not small, and a quarter of them are', () => {
  const cost = rowCost(layers);
  const enough = rowsForThreads(cost);
  expect([isSmallRun(cost, enough / 4), isSmallRun(cost, enough / 2)]).toEqual([true, false]);
  expect(enough).toBeLessThanOrEqual(4096);
});

test('small and large runs of a score have a session each where it may use several threads, and the same numbers as with one', async () => {
  const counts = [3, 4096];
  const several = await scored(2, counts);
  const one = await scored(1, counts);
  expect([several.sessions, one.sessions]).toEqual([2, 1]);
  expect(several.results).toEqual(one.results);
});
