import {
  functionScore,
  key,
  linearScore,
  productScore,
  quadraticScore,
  type Score,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { integratedGradients } from './integrated-gradients.js';
import { pathGradient } from './path-gradient.js';

const shape = [2, 3];
const d = 6;
const seed = key(2);
const normals = normalsOf(seed);

const x = normals('x', shape);
const baseline = normals('baseline', shape);

describe('path methods', () => {
  it('on a quadratic give the gradient half way, for a tensor baseline and any rule exact on lines', async () => {
    const [A, w] = [normals('A', [d, d]), normals('w', shape)];
    const f = quadraticScore(A, w);
    for (const options of [
      {},
      { steps: 1 },
      { rule: 'midpoint', steps: 3 },
      { rule: 'trapezoid', steps: 4 },
    ] as const) {
      const local = await pathGradient({ ...options, baseline })(f, x, seed);
      const global = await integratedGradients({ ...options, baseline })(f, x, seed);
      for (let i = 0; i < d; i++) {
        let slope = w.data[i];
        for (let j = 0; j < d; j++) {
          slope += ((A.data[i * d + j] + A.data[j * d + i]) / 2) * ((x.data[j] + baseline.data[j]) / 2);
        }
        expect(local.values.data[i]).toBeCloseTo(slope, 11);
        expect(global.values.data[i]).toBeCloseTo(slope * (x.data[i] - baseline.data[i]), 11);
      }
    }
  });

  it('share a product equally among its factors from a baseline of 0', async () => {
    const f = productScore(shape);
    const { values } = await integratedGradients({ steps: 5 })(f, x, seed);
    const product = Array.from(x.data).reduce((a, b) => a * b, 1);
    for (const value of values.data) expect(value).toBeCloseTo(product / d, 12);
  });

  it('report what the sum misses: f = x², ten left points from 0 miss a tenth', async () => {
    const f = functionScore({
      shape: [1],
      value: ({ data: [v] }) => v * v,
      gradient: ({ data: [v] }) => tensor([2 * v], [1]),
    });
    const { values, residual, cost } = await integratedGradients({ steps: 10, rule: 'left' })(
      f,
      tensor([3], [1]),
      seed,
    );
    expect(values.data[0]).toBeCloseTo(8.1, 12);
    expect(residual).toBeCloseTo(0.9, 12);
    expect(cost).toEqual({ forward: 2, backward: 10 });
  });

  it('evaluate the path in pieces of bounded size', async () => {
    const wide = [2 ** 20];
    const rows: number[] = [];
    const slope = tensor(new Float64Array(2 ** 20).fill(2), wide);
    const f: Score = {
      ...linearScore(slope),
      gradient: async (batch) => {
        rows.push(batch.shape[0]);
        return { shape: batch.shape, data: new Float64Array(batch.data.length).fill(2) };
      },
    };
    const { values } = await pathGradient({ steps: 10, rule: 'midpoint' })(f, zeros(wide), seed);
    expect(rows).toEqual([4, 4, 2]);
    expect(values.data.every((v) => Math.abs(v - 2) < 1e-12)).toBe(true);
  });

  it('have expressions that show steps always and the rest where it differs from the default', () => {
    expect(pathGradient().expression).toBe('path-gradient(steps=50)');
    expect(integratedGradients({ steps: 10, rule: 'left', baseline: 0.5 }).expression).toBe(
      'integrated-gradients(steps=10, rule=left, baseline=0.5)',
    );
  });

  it('refuse a baseline of another shape, no steps and unknown rules', async () => {
    await expect(pathGradient({ baseline: zeros([d]) })(productScore(shape), x, seed)).rejects.toMatchObject({
      code: 'tensor-shape',
    });
    for (const options of [
      { steps: 0 },
      { steps: 2.5 },
      { rule: 'simpson' as 'left' },
      { baseline: Number.NaN },
    ]) {
      expect(() => integratedGradients(options)).toThrow(expect.objectContaining({ code: 'option-value' }));
    }
  });

  it('refuse gradients that are not finite, and say where', async () => {
    const broken = functionScore({
      shape: [2],
      value: () => 0,
      gradient: () => tensor([1, Number.NaN], [2]),
    });
    await expect(pathGradient()(broken, zeros([2]), seed)).rejects.toMatchObject({
      code: 'non-finite',
      message: expect.stringMatching(/NaN at element 1/),
    });
  });
});
