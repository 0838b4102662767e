import { tensor } from '@onnxplain/core';
import { describe, expect, test } from 'vitest';
import { classAxisFor, indicesOf, settleElement, settleEntries, withMask } from './target-entries.js';
import { topOf } from './top-classes.js';

const refusal = (run: () => unknown) => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

test('indices along axes number the elements of the flattened array in row-major order', () => {
  const axes = [2, 3, 4];
  let element = 0;
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < 4; k++) {
        expect(indicesOf(element, axes)).toEqual([i, j, k]);
        expect(settleEntries({ at: [i, j, k] }, axes, []).element).toBe(element);
        element += 1;
      }
    }
  }
});

test('what is predicted takes the places of its entries in their order, and sums have no element', () => {
  expect(settleEntries({ at: ['predicted', 1, 'predicted'] }, [2, 3, 4], [1, 3])).toMatchObject({
    at: [1, 1, 3],
    element: 19,
  });
  expect(settleEntries({ at: ['predicted', 'sum', 0] }, [2, 3, 4], [1])).toMatchObject({
    at: [1, 'sum', 0],
    element: undefined,
  });
});

test('a class by its name alone is refused where the output has several axes, and taken where it has one of several entries', () => {
  expect(refusal(() => settleElement(1, [3, 4], true))).toMatchObject({
    code: 'usage',
    message: expect.stringContaining('NAME:sum:sum'),
  });
  expect(settleElement(2, [1, 4, 1], true)).toMatchObject({ at: [0, 2, 0], element: 2 });
  expect(settleElement(5, [3, 4], false)).toMatchObject({ at: [1, 1] });
});

test('a mask is for all inputs, or has one more axis in front for each', () => {
  const target = { at: [3, 'sum', 'sum'] } as const;
  const shared = tensor([0, 1, 1, 0], [2, 2]);
  expect(withMask(target, shared, { i: 1, n: 2 }).mask).toBe(shared);
  const own = withMask(target, tensor([0, 1, 1, 0, 5, 6, 7, 8], [2, 2, 2]), { i: 1, n: 2 }).mask;
  expect(own && [...own.data]).toEqual([5, 6, 7, 8]);
  expect(refusal(() => withMask(target, tensor([0, 1], [2]), { i: 0, n: 2 }))).toMatchObject({
    code: 'tensor-shape',
  });
});

describe('the axis of classes is', () => {
  const untold = { axes: [5, 7, 4], classAxis: undefined };
  const told = { axes: [5, 7, 4], classAxis: { axis: 2, classes: 4, told: 'Softmax' } };

  test('the one that is said, from the front or from the back, before all else', () => {
    expect(classAxisFor(told, { classAxis: 0 })).toBe(0);
    expect(classAxisFor(told, { classAxis: -2 })).toBe(1);
  });

  test('the one that the graph tells, the one of a name, or the only one of as many entries as names', () => {
    expect(classAxisFor(told, { namedClasses: 7 })).toBe(2);
    expect(classAxisFor(untold, { namedAxis: 1 })).toBe(1);
    expect(classAxisFor(untold, { namedClasses: 7 })).toBe(1);
    expect(classAxisFor({ ...untold, axes: [7, 7, 4] }, { namedClasses: 7 })).toBeUndefined();
    expect(classAxisFor(untold, {})).toBeUndefined();
  });

  test('not another than that of a name', () => {
    const refused = refusal(() => classAxisFor(told, { namedAxis: 0 }));
    expect(refused).toMatchObject({
      code: 'option-value',
      message: expect.stringMatching(/axis of classes, 2 by Softmax.*axis 0/),
    });
  });
});

describe('the five classes of the largest numbers', () => {
  const numbers = [0.5, 3, -1, 3, 2, 0, 1];
  const order = [1, 3, 4, 6, 0];

  test('are in order, of equal ones the first, with a softmax of logits', () => {
    const { top = [], probabilities } = topOf(numbers, {
      holds: 'logits',
      labels: new Map(numbers.map((_, k) => [k, `c${k}`])),
    });
    expect(top.map((each) => each.class)).toEqual(order);
    expect(top[0].label).toBe('c1');
    const sum = numbers.reduce((total, z) => total + Math.exp(z), 0);
    for (const { class: k, probability } of top)
      expect(probability).toBeCloseTo(Math.exp(numbers[k]) / sum, 12);
    expect(probabilities).toBe('softmax');
  });

  test.each([
    ['probabilities', (z: number) => z, 'output'],
    ['log-probabilities', Math.exp, 'exponential'],
    ['unknown', () => undefined, undefined],
  ] as const)('of %s have the probabilities that these give', (holds, wanted, made) => {
    const { top = [], probabilities } = topOf(numbers, { holds });
    expect(top.map((each) => each.class)).toEqual(order);
    expect(top.map(({ probability }) => probability)).toEqual(order.map((k) => wanted(numbers[k])));
    expect(probabilities).toBe(made);
  });
});
