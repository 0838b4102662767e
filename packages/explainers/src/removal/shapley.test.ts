import { featureValues, fold, key, quadraticScore, stack, sum, tensor, zeros } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { f, labels, valuesOfSets, x } from '../../test/subset-function.js';
import { kernelShap } from './kernel-shap.js';
import { shapley } from './shapley.js';

const seed = key(3);
const { shape } = x;

function permutations(of: readonly number[]): number[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((first) =>
    permutations(of.filter((each) => each !== first)).map((rest) => [first, ...rest]),
  );
}

/** Shapley values by their definition: the mean rise over all orders. */
function overAllOrders(values: readonly number[]): number[] {
  const d = Math.log2(values.length);
  const orders = permutations(Array.from({ length: d }, (_, i) => i));
  const rises = new Array<number>(d).fill(0);
  for (const order of orders) {
    let set = 0;
    for (const feature of order) {
      rises[feature] += (values[set | (1 << feature)] - values[set]) / orders.length;
      set |= 1 << feature;
    }
  }
  return rises;
}

describe('shapley', () => {
  it('of five features is the mean rise over all 120 orders', async () => {
    const truth = overAllOrders(await valuesOfSets(0.25, labels));
    const found = await shapley({ baseline: 0.25, features: labels })(f, x, seed);
    featureValues(found).forEach((value, i) => {
      expect(value).toBeCloseTo(truth[i], 12);
    });
    expect(found.stderr).toBeUndefined();
    expect(found.cost).toEqual({ forward: 32, backward: 0 });
  });

  it('of all sets is what kernel-shap gives of all coalitions', async () => {
    const exact = await shapley()(f, x, seed);
    const regression = await kernelShap({ samples: 254 })(f, x, seed);
    exact.values.data.forEach((value, i) => {
      expect(value).toBeCloseTo(regression.values.data[i], 10);
    });
  });

  const sampled = shapley({ samples: 84 });

  it('of permutations adds up to f(x) - f(baseline), whatever was drawn', async () => {
    const [atX, atStart] = await f.value(stack([x, zeros(shape)]));
    for (const k of [seed, key(4)]) {
      const { values, cost } = await sampled(f, x, k);
      expect(sum(values)).toBeCloseTo(atX - atStart, 12);
      expect(cost).toEqual({ forward: 86, backward: 0 });
    }
  });

  it('of permutations has the Shapley values as its mean and standard errors that are its spread over keys', async () => {
    const truth = (await shapley()(f, x, seed)).values.data;
    const runs = await Promise.all(Array.from({ length: 400 }, (_, run) => sampled(f, x, fold(seed, run))));
    for (let i = 0; i < 8; i++) {
      const mean = runs.reduce((total, { values }) => total + values.data[i], 0) / runs.length;
      const square =
        runs.reduce((total, { values }) => total + (values.data[i] - truth[i]) ** 2, 0) / runs.length;
      const claimed =
        runs.reduce((total, { stderr }) => total + (stderr?.data[i] ?? 0) ** 2, 0) / runs.length;
      expect(Math.abs(mean - truth[i])).toBeLessThan(4 * Math.sqrt(square / runs.length));
      expect(Math.abs(Math.sqrt(claimed / square) - 1)).toBeLessThan(0.2);
    }
  });

  it('of one pair of permutations is exact for interactions of two features, and has no standard error', async () => {
    const normals = normalsOf(seed);
    const quadratic = quadraticScore(normals('A', [8, 8]), normals('w', shape));
    const pair = await shapley({ samples: 14 })(quadratic, x, seed);
    const exact = await shapley()(quadratic, x, seed);
    pair.values.data.forEach((value, i) => {
      expect(value).toBeCloseTo(exact.values.data[i], 10);
    });
    expect(pair.stderr).toBeUndefined();
  });

  it('of one feature gives all of f(x) - f(baseline) to it', async () => {
    const { values, cost } = await shapley({ features: tensor(new Float64Array(8), shape) })(f, x, seed);
    const [atX, atStart] = await f.value(stack([x, zeros(shape)]));
    for (const value of values.data) expect(value).toBeCloseTo(atX - atStart, 12);
    expect(cost).toEqual({ forward: 2, backward: 0 });
  });

  it('refuses fewer samples than a pair of permutations takes', async () => {
    await expect(shapley({ samples: 13 })(f, x, seed)).rejects.toMatchObject({
      code: 'option-value',
      diagnosis: { remedy: expect.stringMatching(/^Take at least 14 samples/) },
    });
  });
});

describe('kernel-shap', () => {
  it('gives what an explainer of its own gives, whatever it explained before', async () => {
    const options = { samples: 40, baseline: 0.25 };
    const used = kernelShap(options);
    const near = tensor(
      x.data.map((value) => value + 0.125),
      shape,
    );
    for (const [at, k] of [
      [x, seed],
      [near, seed],
      [near, key(4)],
      [x, seed],
    ] as const) {
      expect(await used(f, at, k)).toEqual(await kernelShap(options)(f, at, k));
    }
  });
});
