import { expect, test } from 'vitest';
import { tensor, toFloat32 } from '../tensor/tensor.js';
import type { Score } from '../types/score.js';
import { functionScore } from './function.js';
import { withGradients } from './with-gradients.js';

const squares = functionScore({
  shape: [2],
  value: ({ data }) => data[0] ** 2 + data[1] ** 2,
  gradient: ({ shape, data }) => ({ shape, data: data.map((v) => 2 * v) }),
});

/** The same score, which writes its gradients into the tensor that it gets, in float32. */
const writing = (): Score => ({
  ...squares,
  async gradient(batch, into) {
    const slopes = toFloat32(await squares.gradient(batch));
    into?.data.set(slopes.data);
    return into ?? slopes;
  },
});

const batches = [
  [1, 2, 3, 4, 5, 6],
  [7, 8],
  [9, 1, 2, 3, 4, 5],
].map((numbers) => tensor(numbers, [numbers.length / 2, 2]));

/** The buffers of the gradients of all batches, whose numbers are checked. */
const buffersOf = (score: Score) =>
  withGradients(score, async (gradientOf) => {
    const buffers = new Set<ArrayBufferLike>();
    for (const batch of batches) {
      const slopes = await gradientOf(batch);
      expect(slopes.shape).toEqual(batch.shape);
      expect([...slopes.data]).toEqual([...batch.data].map((v) => 2 * v));
      buffers.add(slopes.data.buffer);
    }
    return buffers;
  });

test('gradients are those of the score, in memory of its own where it takes no other', async () => {
  for (let i = 0; i < 2; i++) expect((await buffersOf(squares)).size).toBe(3);
});

test('gradients of a score that writes into memory share it, also with those of a later call', async () => {
  const score = writing();
  const first = await buffersOf(score);
  const second = await buffersOf(score);
  expect(second.size).toBe(1);
  expect([...second].every((buffer) => first.has(buffer))).toBe(true);
});

test('calls at the same time have memory of their own', async () => {
  const score = writing();
  await buffersOf(score);
  const [one, other] = await Promise.all([buffersOf(score), buffersOf(score)]);
  expect([...one].some((buffer) => other.has(buffer))).toBe(false);
});

test('memory is given back after an error', async () => {
  const score = writing();
  const first = [...(await buffersOf(score))].at(-1);
  const failing = withGradients(score, async (gradientOf) => {
    expect((await gradientOf(batches[0])).data.buffer).toBe(first);
    throw new Error('mine');
  });
  await expect(failing).rejects.toThrow('mine');
  expect([...(await buffersOf(score))]).toEqual([first]);
});
