import {
  featuresFor,
  fold,
  functionScore,
  type Key,
  key,
  quadraticScore,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { f, labels, sizeOfSet, valuesOfSets, x } from '../../test/subset-function.js';
import { kernelShap } from './kernel-shap.js';
import { leaveOneOut } from './leave-one-out.js';

const seed = key(5);
const { shape } = x;

/** Shapley values from their definition: mean rise over all orders in which the features come. */
async function shapley(baseline: number, features: 'elements' | Tensor): Promise<number[]> {
  const { count } = featuresFor('test', shape, { features });
  const values = await valuesOfSets(baseline, features);
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: count }, (_, i) => {
    let total = 0;
    for (let set = 0; set < 2 ** count; set++) {
      if ((set >> i) & 1) continue;
      const weight = (factorial(sizeOfSet(set)) * factorial(count - sizeOfSet(set) - 1)) / factorial(count);
      total += weight * (values[set | (1 << i)] - values[set]);
    }
    return total;
  });
}

describe('kernel-shap', () => {
  it.each([
    ['elements', 'elements'],
    ['labelled features', labels],
  ] as const)('of all coalitions of %s gives the Shapley values', async (_, features) => {
    const truth = await shapley(0.25, features);
    const { of } = featuresFor('test', shape, { features });
    const found = await kernelShap({ samples: 254, baseline: 0.25, features })(f, x, seed);
    found.values.data.forEach((value, i) => {
      expect(value).toBeCloseTo(truth[of[i]], 10);
    });
    expect(found.stderr).toBeUndefined();
  });

  const sampled = (k: Key) => kernelShap({ samples: 120 })(f, x, k);

  it('of samples adds up to f(x) - f(baseline), whatever was drawn', async () => {
    const [atX, atStart] = await f.value(tensor([...x.data, ...zeros(shape).data], [2, ...shape]));
    for (const k of [seed, key(6)]) expect(sum((await sampled(k)).values)).toBeCloseTo(atX - atStart, 10);
  });

  it('of samples has standard errors that are the spread of its values over keys', async () => {
    const truth = await shapley(0, 'elements');
    const runs = 300;
    const squares = new Float64Array(8);
    const variances = new Float64Array(8);
    for (let run = 0; run < runs; run++) {
      const { values, stderr } = await sampled(fold(seed, run));
      truth.forEach((value, i) => {
        squares[i] += (values.data[i] - value) ** 2 / runs;
        variances[i] += (stderr?.data[i] ?? Number.NaN) ** 2 / runs;
      });
    }
    for (let i = 0; i < 8; i++) expect(Math.abs(Math.sqrt(variances[i] / squares[i]) - 1)).toBeLessThan(0.25);
    const total = (numbers: Float64Array) => Math.sqrt(numbers.reduce((a, b) => a + b, 0));
    expect(Math.abs(total(variances) / total(squares) - 1)).toBeLessThan(0.15);
  });

  it('of one feature gives all of f(x) - f(baseline) to it', async () => {
    const whole = tensor(new Float64Array(8), shape);
    const { values, cost } = await kernelShap({ features: whole })(f, x, seed);
    const [atX, atStart] = await f.value(tensor([...x.data, ...zeros(shape).data], [2, ...shape]));
    for (const value of values.data) expect(value).toBeCloseTo(atX - atStart, 12);
    expect(cost).toEqual({ forward: 2, backward: 0 });
  });

  it('names itself and remedies that fit in errors about features and samples', async () => {
    await expect(kernelShap({ features: 9 })(f, x, seed)).rejects.toMatchObject({
      code: 'option-value',
      diagnosis: { where: 'kernel-shap(features=9)(features)' },
    });
    await expect(kernelShap({ samples: 13 })(f, x, seed)).rejects.toMatchObject({
      diagnosis: {
        where: 'kernel-shap(samples=13): samples',
        remedy: expect.stringMatching(/^Take at least 14 samples, or larger features/),
      },
    });
  });

  it('refuses too few samples, too many features, and a baseline at which f has no number', async () => {
    await expect(kernelShap({ samples: 13 })(f, x, seed)).rejects.toMatchObject({ code: 'option-value' });
    const wide = quadraticScore(zeros([1, 1]), zeros([1]));
    const large = { ...wide, shape: [5000] };
    await expect(kernelShap()(large, zeros([5000]), seed)).rejects.toMatchObject({ code: 'too-large' });
    const log = functionScore({ ...f, value: ({ data }) => Math.log(data[0]), gradient: () => zeros(shape) });
    await expect(kernelShap()(log, tensor(new Float64Array(8).fill(1), shape), seed)).rejects.toMatchObject({
      code: 'non-finite',
    });
  });
});

describe('leave-one-out', () => {
  it('gives each feature the drop of f without it, with elements of a feature counted as one', async () => {
    const { values, features, cost } = await leaveOneOut({ baseline: 0.5, features: labels })(f, x, seed);
    const of = Int32Array.from(labels.data);
    expect(features).toEqual({ count: 5, of });
    expect(cost).toEqual({ forward: 6, backward: 0 });
    const left = await valuesOfSets(0.5, labels);
    for (let i = 0; i < 8; i++) expect(values.data[i]).toBeCloseTo(left[31] - left[31 & ~(1 << of[i])], 12);
  });

  it('is known by its expression', () => {
    expect(leaveOneOut().expression).toBe('leave-one-out');
    expect(leaveOneOut({ features: 4, baseline: 1 }).expression).toBe(
      'leave-one-out(baseline=1, features=4)',
    );
    expect(leaveOneOut({ layout: 'hwc' }).expression).toBe('leave-one-out');
    expect(kernelShap({ samples: 64, features: 'pixels' }).expression).toBe(
      'kernel-shap(samples=64, features=pixels)',
    );
  });
});
