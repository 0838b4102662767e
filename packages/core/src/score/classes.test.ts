import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { type Shape, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import type { ClassScores, Score } from '../types/score.js';
import { classifierScore } from './classifier.js';
import { difference } from './difference.js';
import { linearClassifier } from './exact.js';
import { softMarginObjective } from './objectives.js';
import { targetedMargin } from './targeted.js';
import { meter } from './watch.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

const [count, d] = [4, 6];
const shape = [2, 3];
const w = randomTensor([count, d], 1);
const b = randomTensor([count], 2);
const batch = randomTensor([5, ...shape], 3);
const weights = randomTensor([5, count], 4);

/** Logits tanh(Wx + b): their gradient changes with x. */
const curved = classifierScore(
  {
    shape,
    count,
    logits: (x) => logitsOf(x).map(Math.tanh),
    pullback: (x, given) => {
      const slopes = logitsOf(x).map((z, c) => given[c] / Math.cosh(z) ** 2);
      return tensor(
        Float64Array.from({ length: d }, (_, i) =>
          slopes.reduce((sum, s, c) => sum + s * w.data[c * d + i], 0),
        ),
        shape,
      );
    },
  },
  { target: 1 },
);

function logitsOf(x: Tensor): number[] {
  return Array.from(b.data, (bias, c) => {
    let sum = bias;
    for (let i = 0; i < d; i++) sum += x.data[i] * w.data[c * d + i];
    return sum;
  });
}

function classesOf(score: Score): ClassScores {
  if (score.classes === undefined) throw new Error('the score has no classes');
  return score.classes;
}

const exact: Record<string, Score> = { linear: linearClassifier(w, b, { target: 1, shape }), curved };

describe.each(Object.entries(exact))('the classes of the %s classifier', (_name, score) => {
  it('have the gradient that the gradients of each class sum to with the weights', async () => {
    const { values, gradient } = await classesOf(score).gradient(batch, weights);
    const expected = new Float64Array(batch.data.length);
    for (let c = 0; c < count; c++) {
      const one = await score.with?.({ target: c });
      const slopes = await one?.gradient(batch);
      const numbers = await one?.value(batch);
      for (let i = 0; i < expected.length; i++)
        expected[i] += weights.data[Math.floor(i / d) * count + c] * (slopes?.data[i] ?? Number.NaN);
      for (let i = 0; i < 5; i++)
        expect(values.data[i * count + c]).toBeCloseTo(numbers?.[i] ?? Number.NaN, 12);
    }
    expect(gradient.shape).toEqual(batch.shape);
    gradient.data.forEach((g, i) => {
      expect(g).toBeCloseTo(expected[i], 12);
    });
  });

  it('have the gradient that central differences give', async () => {
    const numeric = classesOf(difference(score, { step: 1e-4, batch: 6 }));
    const [found, expected] = [
      await classesOf(score).gradient(batch, weights),
      await numeric.gradient(batch, weights),
    ];
    expect(found.values).toEqual(expected.values);
    found.gradient.data.forEach((g, i) => {
      expect(g).toBeCloseTo(expected.gradient.data[i], 6);
    });
  });

  it('give the margin and its gradient by the weights of the margin', async () => {
    const margin = await score.with?.({ link: 'margin' });
    const { values } = await classesOf(score).gradient(batch, weights);
    const cold = softMarginObjective(1e-5)(values, 1);
    const { gradient } = await classesOf(score).gradient(batch, cold.weights);
    expect([...cold.values]).toEqual([...((await margin?.value(batch)) ?? [])]);
    (await margin?.gradient(batch))?.data.forEach((g, i) => {
      expect(g).toBeCloseTo(gradient.data[i], 6);
    });
  });

  it('refuse weights and batches of another shape', async () => {
    await expect(classesOf(score).gradient(batch, randomTensor([5, 3], 1))).rejects.toMatchObject({
      code: 'tensor-shape',
    });
    await expect(classesOf(score).values(randomTensor(shape, 1))).rejects.toThrow(
      'Add the batch axis in front.',
    );
  });

  it('are counted, a gradient as one backward row', async () => {
    const counted = meter(score);
    await classesOf(counted.score).gradient(batch, weights);
    await classesOf(counted.score).values(tensor(batch.data.subarray(0, d), [1, ...shape]));
    expect(counted.cost()).toEqual({ forward: 1, backward: 5 });
  });
});

it('a targeted margin is the negated one, says so in its classes, and negated again is the margin', async () => {
  const margin = linearClassifier(w, b, { target: 2, link: 'margin', shape });
  const targeted = targetedMargin(margin);
  expect(targeted.classes).toMatchObject({ target: 2, targeted: true });
  expect([...(await targeted.value(batch))]).toEqual([...(await margin.value(batch))].map((v) => -v));
  const slopes = await margin.gradient(batch);
  expect([...(await targeted.gradient(batch)).data]).toEqual([...slopes.data].map((v) => -v));
  const other = await targeted.with?.({ target: 0 });
  expect(other?.classes).toMatchObject({ target: 0, targeted: true });
  expect(targetedMargin(targeted).classes).toMatchObject({ target: 2, targeted: false });
});

it('a linear classifier has logits W x + b, and refuses what it is not', async () => {
  const score = linearClassifier(tensor([1, 2, 3, 4], [2, 2]), tensor([10, 20], [2]), { target: 0 });
  expect([...(await classesOf(score).values(tensor([1, 1], [1, 2]))).data]).toEqual([13, 27]);
  expect(() => linearClassifier(w, b, { target: 4 })).toThrow('expected a class from 0 to 3, got 4');
  expect(() => linearClassifier(w, b, { target: 0, shape: [7] })).toThrow('linearClassifier(shape)');
  await expect(score.with?.({ link: 'probability' })).rejects.toMatchObject({ code: 'not-applicable' });
  await expect(score.with?.({ rules: 'guided' })).rejects.toMatchObject({ code: 'not-applicable' });
});
