import { featureValues, fold, key, ridge, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { f, labels, sizeOfSet, valuesOfSets, x } from '../../test/subset-function.js';
import { lime } from './lime.js';

const seed = key(3);

/** Solves a small positive definite system by elimination. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      rows[i] = rows[i].map((value, j) => value - factor * rows[k][j]);
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

/** The coefficients over all sets by the normal equations with a column of ones, which the penalty leaves out. */
function overAllSets(values: readonly number[], width: number, lambda: number): number[] {
  const d = Math.log2(values.length);
  const matrix = Array.from({ length: d + 1 }, () => new Array<number>(d + 1).fill(0));
  const right = new Array<number>(d + 1).fill(0);
  const weights = values.map((_, set) => Math.exp(-((1 - Math.sqrt(sizeOfSet(set) / d)) ** 2) / width ** 2));
  const total = weights.reduce((a, b) => a + b, 0);
  values.forEach((value, set) => {
    const row = [...Array.from({ length: d }, (_, j) => (set >> j) & 1), 1];
    row.forEach((a, i) => {
      right[i] += (weights[set] / total) * a * value;
      row.forEach((b, j) => {
        matrix[i][j] += (weights[set] / total) * a * b;
      });
    });
  });
  for (let j = 0; j < d; j++) matrix[j][j] += lambda;
  return solve(matrix, right);
}

describe('lime', () => {
  it.each([
    ['least squares', 0.25, 0],
    ['ridge', 0.5, 0.05],
  ])(
    'of all sets gives the coefficients of the regression with intercept by %s',
    async (_, width, lambda) => {
      const truth = overAllSets(await valuesOfSets(0.25, labels), width, lambda);
      const solver = lambda > 0 ? { solver: ridge(lambda) } : {};
      const found = await lime({ baseline: 0.25, features: labels, width, ...solver })(f, x, seed);
      featureValues(found).forEach((value, i) => {
        expect(value).toBeCloseTo(truth[i], 10);
      });
      expect(found.details?.intercept).toBeCloseTo(truth[5], 10);
      expect(found.stderr).toBeUndefined();
      expect(found.cost).toEqual({ forward: 32, backward: 0 });
    },
  );

  it('of samples has the coefficients over all sets as its mean and standard errors that are its spread over keys', async () => {
    const truth = (await lime({ samples: 256, width: 1 })(f, x, seed)).values.data;
    const sampled = lime({ samples: 150, width: 1 });
    const runs = await Promise.all(Array.from({ length: 300 }, (_, run) => sampled(f, x, fold(seed, run))));
    let [all, claimedAll] = [0, 0];
    for (let i = 0; i < 8; i++) {
      const mean = runs.reduce((total, { values }) => total + values.data[i], 0) / runs.length;
      const square =
        runs.reduce((total, { values }) => total + (values.data[i] - truth[i]) ** 2, 0) / runs.length;
      const claimed =
        runs.reduce((total, { stderr }) => total + (stderr?.data[i] ?? 0) ** 2, 0) / runs.length;
      expect(Math.abs(mean - truth[i])).toBeLessThan(4 * Math.sqrt(square / runs.length));
      expect(Math.abs(Math.sqrt(claimed / square) - 1)).toBeLessThan(0.3);
      all += square;
      claimedAll += claimed;
    }
    expect(Math.abs(Math.sqrt(claimedAll / all) - 1)).toBeLessThan(0.15);
  });

  it('counts samples near the input alone with a narrow kernel, whose weights would all be 0 in float64', async () => {
    const narrow = await lime({ width: 0.003, features: labels, samples: 32 })(f, x, seed).catch(
      (error) => error,
    );
    // Beside x itself all samples then have weight 0, and one sample cannot tell features apart.
    expect(narrow).toMatchObject({ code: 'singular' });
  });

  it('refuses too few samples and too many features', async () => {
    await expect(lime({ samples: 9 })(f, x, seed)).rejects.toMatchObject({ code: 'option-value' });
    const wide = { ...f, shape: [5000] };
    await expect(lime()(wide, tensor(new Float64Array(5000), [5000]), seed)).rejects.toMatchObject({
      code: 'too-large',
    });
  });
});
