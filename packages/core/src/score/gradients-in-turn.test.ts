import { expect, test } from 'vitest';
import { tensor } from '../tensor/tensor.js';
import type { Score } from '../types/score.js';
import { functionScore } from './function.js';
import { gradientsInTurn } from './gradients-in-turn.js';

const squares = functionScore({
  shape: [2],
  value: ({ data }) => data[0] ** 2 + data[1] ** 2,
  gradient: ({ shape, data }) => ({ shape, data: data.map((v) => 2 * v) }),
});

/** The same score, which writes its gradients into the tensor that it gets. */
const writing: Score = {
  ...squares,
  async gradient(batch, into) {
    const slopes = await squares.gradient(batch);
    into?.data.set(slopes.data);
    return into ?? slopes;
  },
};

const batches = [
  [1, 2, 3, 4, 5, 6],
  [7, 8],
  [9, 1, 2, 3, 4, 5],
].map((numbers) => tensor(numbers, [numbers.length / 2, 2]));

test.each([
  ['ignores the tensor that it gets', squares, 3],
  ['writes into it', writing, 1],
])('the gradients are those of the score, which %s', async (_, score, buffers) => {
  const gradientOf = gradientsInTurn(score);
  const seen = new Set<ArrayBufferLike>();
  for (const batch of batches) {
    const slopes = await gradientOf(batch);
    expect(slopes.shape).toEqual(batch.shape);
    expect([...slopes.data]).toEqual([...batch.data].map((v) => 2 * v));
    seen.add(slopes.data.buffer);
  }
  expect(seen.size).toBe(buffers);
});
