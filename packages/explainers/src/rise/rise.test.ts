import {
  coalitions,
  featureValues,
  fold,
  functionScore,
  gaussian,
  key,
  smoothMasks,
  square,
  storedMasks,
  subset,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { f, labels, valuesOfSets, x } from '../../test/subset-function.js';
import { rise } from './rise.js';

const seed = key(3);

describe('rise', () => {
  it('is the mean of f over draws, weighted by the visible share of each element', async () => {
    const masks = smoothMasks({ cells: 2 });
    const { values, features, cost } = await rise({ masks, draws: 50 })(f, x, seed);
    const draws = masks(x, fold(seed, 'rise'), 0, 50);
    const scores = await f.value(draws.inputs);
    const hidden = draws.masks?.dense().data ?? [];
    for (let j = 0; j < 8; j++) {
      let [above, below] = [0, 0];
      for (let i = 0; i < 50; i++) {
        above += scores[i] * (1 - hidden[8 * i + j]);
        below += 1 - hidden[8 * i + j];
      }
      expect(values.data[j]).toBeCloseTo(above / below, 12);
    }
    expect(features).toBeUndefined();
    expect(cost).toEqual({ forward: 50, backward: 0 });
  });

  it('over all coalitions is the mean of f over the sets that keep a feature, by their weights', async () => {
    const values = await valuesOfSets(0, labels);
    const found = await rise({ masks: coalitions({ sampling: 'all', features: labels }) })(f, x, seed);
    const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
    const numbers = featureValues(found);
    for (let feature = 0; feature < 5; feature++) {
      let [above, below] = [0, 0];
      values.forEach((value, set) => {
        const size = [0, 1, 2, 3, 4].filter((bit) => (set >> bit) & 1).length;
        if (size === 0 || size === 5 || !((set >> feature) & 1)) return;
        const choices = factorial(5) / (factorial(size) * factorial(5 - size));
        const weight = 4 / (choices * size * (5 - size));
        above += weight * value;
        below += weight;
      });
      expect(numbers[feature]).toBeCloseTo(above / below, 12);
    }
    expect(found.stderr).toBeUndefined();
  });

  it('is within 4 standard errors of the form of the paper, which divides by the expected visible share', async () => {
    const { values, stderr } = await rise({ masks: subset({ probability: 0.5 }), draws: 2000 })(f, x, seed);
    const ofSets = await valuesOfSets(0, 'elements');
    for (let j = 0; j < 8; j++) {
      // E[f·(1 - mask)] / E[1 - mask] over all sets, each as likely as the others.
      const expected =
        ofSets.reduce((total, value, set) => total + ((set >> j) & 1) * value, 0) / ofSets.length / 0.5;
      expect(Math.abs(values.data[j] - expected)).toBeLessThan(4 * (stderr?.data[j] ?? 0));
    }
  });

  it('has standard errors that are the spread of its values over keys', async () => {
    const explain = rise({ masks: subset(), draws: 60 });
    const runs = await Promise.all(Array.from({ length: 400 }, (_, run) => explain(f, x, fold(seed, run))));
    for (let i = 0; i < 8; i++) {
      const mean = runs.reduce((total, { values }) => total + values.data[i], 0) / runs.length;
      const spread =
        runs.reduce((total, { values }) => total + (values.data[i] - mean) ** 2, 0) / runs.length;
      const claimed =
        runs.reduce((total, { stderr }) => total + (stderr?.data[i] ?? 0) ** 2, 0) / runs.length;
      expect(Math.abs(Math.sqrt(claimed / spread) - 1)).toBeLessThan(0.15);
    }
  });

  it.each([
    ['smooth masks', smoothMasks({ cells: 2 })],
    ['squares', square({ size: 1 })],
  ])('over %s counts a pixel with its channels as one feature', async (_, masks) => {
    const shape = [3, 2, 4];
    const image = normalsOf(seed)('image', shape);
    const wide = functionScore({ shape, value: ({ data }) => data[0], gradient: () => zeros(shape) });
    const { features } = await rise({ masks, draws: 40 })(wide, image, seed);
    expect(features?.count).toBe(8);
  });

  it('refuses perturbations without masks, and masks that always hide an element', async () => {
    expect(() => rise({ masks: gaussian({ sigma: 1 }) })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
    const hiding = tensor([1, 0, 0, 0, 0, 0, 0, 0], [1, ...x.shape]);
    await expect(rise({ masks: storedMasks(hiding) })(f, x, seed)).rejects.toMatchObject({
      code: 'not-applicable',
    });
  });
});
