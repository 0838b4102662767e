import { expect, it } from 'vitest';
import { tensor } from '../tensor/tensor.js';
import type { Score } from '../types/score.js';
import { classifierScore } from './classifier.js';
import { linearScore } from './exact.js';
import { marginAt } from './margin-at.js';

/** Three classes whose numbers are the elements of x. */
const identity = (target: number): Score =>
  classifierScore(
    { shape: [3], count: 3, logits: ({ data }) => data, pullback: (_, weights) => tensor([...weights], [3]) },
    { target },
  );

/** One number for two classes: half of z = x0 for class 1, and the negative for class 0. */
function oneNumber(): Score {
  const two = classifierScore(
    {
      shape: [1],
      count: 2,
      logits: ({ data: [z = 0] }) => [-z / 2, z / 2],
      pullback: (_, [a = 0, b = 0]) => tensor([(b - a) / 2], [1]),
    },
    { target: 1, link: 'margin' },
  );
  const margin = { ...two, classes: two.classes && { ...two.classes, single: true } };
  return { ...two, classes: undefined, with: async () => margin };
}

it('the margin of one number is that of the class which is predicted at x', async () => {
  for (const z of [3, -3]) {
    const { margin, atX, opposite } = await marginAt('it', { f: oneNumber(), x: tensor([z], [1]) });
    expect(atX).toBe(3);
    expect(opposite).toBe(z < 0);
    expect([...(await margin.value(tensor([z, -z, z / 2], [3, 1])))]).toEqual([3, -3, 1.5]);
    expect([...(await margin.gradient(tensor([z], [1, 1]))).data]).toEqual([Math.sign(z)]);
  }
});

it('a target of one number is the class that is not predicted', async () => {
  const place = { f: oneNumber(), x: tensor([-2], [1]) };
  expect((await marginAt('it', place, 1)).atX).toBe(2);
  await expect(marginAt('it', place, 0)).rejects.toMatchObject({ code: 'option-value' });
  await expect(marginAt('it', place, 2)).rejects.toMatchObject({ code: 'target-range' });
});

it('the margin of a class is above 0 and towards a target the best class is the one of the score', async () => {
  const x = tensor([1, 5, 2], [3]);
  expect((await marginAt('it', { f: identity(1), x })).atX).toBe(3);
  expect((await marginAt('it', { f: identity(1), x }, 0)).atX).toBe(4);
  await expect(marginAt('it', { f: identity(0), x })).rejects.toThrow('Explain the predicted class.');
  await expect(marginAt('it', { f: identity(1), x }, 1)).rejects.toMatchObject({ code: 'option-value' });
  await expect(marginAt('it', { f: linearScore(x, 0), x })).rejects.toMatchObject({ code: 'not-applicable' });
});

it('a class whose number at x is NaN or above all numbers is named; one of -Infinity never wins', async () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const place = { f: identity(1), x: tensor([1, 5, bad], [3]) };
    await expect(marginAt('it', place)).rejects.toThrow(
      `it: expected a finite number of class 2, got ${bad} at the input.`,
    );
    await expect(marginAt('it', place)).rejects.toMatchObject({ code: 'non-finite' });
  }
  const x = tensor([1, 5, Number.NEGATIVE_INFINITY], [3]);
  expect((await marginAt('it', { f: identity(1), x })).atX).toBe(4);
});
