import { fold, functionScore, key, quadraticScore, stack, sum, tensor, zeros } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { expectedGradients } from './expected-gradients.js';
import { integratedGradients } from './integrated-gradients.js';

const shape = [2, 2];
const seed = key(8);
const normals = normalsOf(seed);
const x = normals('x', shape);
const rows = [normals('b0', shape), normals('b1', shape), normals('b2', shape)];
const f = quadraticScore(normals('A', [4, 4]), normals('w', shape));

describe('expected gradients', () => {
  it('are within 4 standard errors of the mean of integrated gradients over the background', async () => {
    const found = await expectedGradients({ background: stack(rows), draws: 4000 })(f, x, seed);
    const means = new Float64Array(4);
    for (const baseline of rows) {
      const { values } = await integratedGradients({ baseline })(f, x, seed);
      for (let i = 0; i < 4; i++) means[i] += values.data[i] / rows.length;
    }
    for (let i = 0; i < 4; i++) {
      const error = found.stderr?.data[i] ?? Number.NaN;
      expect(Math.abs(found.values.data[i] - means[i])).toBeLessThan(4 * error);
      expect(error).toBeLessThan(0.2);
    }
  });

  it('have standard errors that are the spread of their values over keys', async () => {
    const explain = expectedGradients({ background: stack(rows), draws: 50 });
    const runs = await Promise.all(Array.from({ length: 400 }, (_, run) => explain(f, x, fold(seed, run))));
    for (let i = 0; i < 4; i++) {
      const mean = runs.reduce((total, { values }) => total + values.data[i], 0) / runs.length;
      const spread =
        runs.reduce((total, { values }) => total + (values.data[i] - mean) ** 2, 0) / runs.length;
      const claimed =
        runs.reduce((total, { stderr }) => total + (stderr?.data[i] ?? 0) ** 2, 0) / runs.length;
      expect(Math.abs(Math.sqrt(claimed / spread) - 1)).toBeLessThan(0.15);
    }
  });

  it('report what their sum misses of f(x) less the mean of f over the background', async () => {
    const { values, residual, cost } = await expectedGradients({ background: stack(rows), draws: 9 })(
      f,
      x,
      seed,
    );
    const [atX, ...starts] = await f.value(stack([x, ...rows]));
    const mean = starts.reduce((a, b) => a + b, 0) / starts.length;
    expect(residual).toBeCloseTo(atX - mean - sum(values), 12);
    expect(cost).toEqual({ forward: 4, backward: 9 });
  });

  it('take numbers as baselines of all elements', async () => {
    const numbers = await expectedGradients({ background: [0.5, -1], draws: 5 })(f, x, seed);
    const arrays = [0.5, -1].map((value) => tensor(new Float64Array(4).fill(value), shape));
    const same = await expectedGradients({ background: stack(arrays), draws: 5 })(f, x, seed);
    expect(numbers.values).toEqual(same.values);
    expect(numbers.method).toBe('expected-gradients(background=[0.5,-1], draws=5)');
  });

  it('refuse a background of another shape, an empty one, and a baseline at which f has no number', async () => {
    const explain = (background: Parameters<typeof expectedGradients>[0]['background']) =>
      expectedGradients({ background });
    await expect(explain(x)(f, x, seed)).rejects.toMatchObject({ code: 'tensor-shape' });
    await expect(explain(zeros([0, 2, 2]))(f, x, seed)).rejects.toMatchObject({ code: 'tensor-shape' });
    expect(() => explain([])).toThrow(expect.objectContaining({ code: 'option-value' }));
    const log = functionScore({
      shape,
      value: ({ data }) => Math.log(data[0]),
      gradient: () => zeros(shape),
    });
    const ones = tensor([1, 1, 1, 1], shape);
    await expect(explain([0])(log, ones, seed)).rejects.toMatchObject({ code: 'non-finite' });
  });
});
