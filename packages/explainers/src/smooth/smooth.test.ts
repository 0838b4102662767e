import {
  type Attribution,
  type Draws,
  type Explainer,
  fixed,
  gaussian,
  type Key,
  key,
  linearScore,
  named,
  type Perturbation,
  quadraticScore,
  row,
  type Score,
  square,
  subset,
  subtract,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { gradient } from '../gradient.js';
import { integratedGradients } from '../path/integrated-gradients.js';
import { timesInput } from '../times-input.js';
import { smooth } from './smooth.js';

const shape = [2, 3];
const d = 6;
const seed = key(11);
const normals = normalsOf(seed);

const x = normals('x', shape);
const w = normals('w', shape);
const A = normals('A', [d, d]);
const f = quadraticScore(A, w);
const symmetric = (i: number, j: number) => (A.data[i * d + j] + A.data[j * d + i]) / 2;

const gradientAt = async (at: Tensor) =>
  row(await f.gradient({ shape: [1, ...shape], data: at.data }), 0).data;

/** The gradient as an explainer of which nothing is known, so that its draws are explained one by one. */
const unknownGradient = (): Explainer => {
  const { isGradient: _, explainRows: _rows, ...properties } = gradient();
  return named((of: Score, at: Tensor, k: Key) => gradient()(of, at, k), properties);
};

describe('smooth', () => {
  it.each(['mean', 'mean-square', 'variance'] as const)(
    'of the gradient, %s: is what the gradients of the draws give one by one',
    async (statistic) => {
      for (const perturbation of [gaussian({ sigma: 0.3 }), square({ size: 1, positions: 'all' })]) {
        const options = { statistic, draws: perturbation.count?.(shape) ?? 50 };
        const fast = await smooth(gradient(), perturbation, options)(f, x, seed);
        const slow = await smooth(unknownGradient(), perturbation, options)(f, x, seed);
        expect(fast.cost).toEqual(slow.cost);
        expect(fast.stderr === undefined).toBe(slow.stderr === undefined);
        fast.values.data.forEach((value, i) => {
          expect(value).toBeCloseTo(slow.values.data[i], 12);
          expect(fast.stderr?.data[i] ?? 0).toBeCloseTo(slow.stderr?.data[i] ?? 0, 12);
        });
      }
    },
  );

  it('refuses a gradient that is not finite at a draw, as the gradient itself does', async () => {
    const broken: Score = {
      ...f,
      gradient: async (batch) => {
        const slopes = await f.gradient(batch);
        return { ...slopes, data: slopes.data.map((value, at) => (at === 4 * d + 2 ? Number.NaN : value)) };
      },
    };
    await expect(smooth(gradient(), gaussian({ sigma: 0.3 }))(broken, x, seed)).rejects.toThrow(
      'gradient: expected finite attributions, got NaN at element 2',
    );
  });

  it('of a quadratic under gaussian noise is the gradient, within its standard errors', async () => {
    const { values, stderr } = await smooth(gradient(), gaussian({ sigma: 0.5 }), { draws: 4000 })(
      f,
      x,
      seed,
    );
    const truth = await gradientAt(x);
    for (let i = 0; i < d; i++) {
      const error = stderr?.data[i] ?? Number.NaN;
      expect(Math.abs(values.data[i] - truth[i]) / error).toBeLessThan(4);
      // The gradient at x - I is g - S·I, so its standard deviation is sigma times the norm of a row of S.
      const rowNorm = Math.hypot(...Array.from({ length: d }, (_, j) => symmetric(i, j)));
      expect(error / ((0.5 * rowNorm) / Math.sqrt(4000))).toBeCloseTo(1, 1);
    }
  });

  it('has the mean, mean square and population variance of its draws, weighted or not', async () => {
    const noise = normals('noise', [7, ...shape]);
    const stored = fixed(noise);
    const weights = [0.5, 2, 1, 0, 3, 1, 0.25];
    const weighted: Perturbation = named(
      (at: Tensor, k: Key, from: number, to: number): Draws => ({
        ...stored(at, k, from, to),
        weights: Float64Array.from(weights.slice(from, to)),
      }),
      { expression: 'weighted', masks: false, count: () => 7 },
    );
    const slopes = await Promise.all(
      Array.from({ length: 7 }, (_, k) =>
        gradientAt(
          tensor(
            x.data.map((v, i) => v - noise.data[k * d + i]),
            shape,
          ),
        ),
      ),
    );
    for (const [perturbation, w] of [
      [stored, new Array<number>(7).fill(1)],
      [weighted, weights],
    ] as const) {
      const total = w.reduce((a, b) => a + b);
      const average = (of: (v: number) => number, i: number) =>
        slopes.reduce((sum, slope, k) => sum + w[k] * of(slope[i]), 0) / total;
      const run = async (statistic: 'mean' | 'mean-square' | 'variance') =>
        (await smooth(gradient(), perturbation, { statistic })(f, x, seed)).values.data;
      const [mean, square, variance] = [await run('mean'), await run('mean-square'), await run('variance')];
      for (let i = 0; i < d; i++) {
        expect(mean[i]).toBeCloseTo(
          average((v) => v, i),
          12,
        );
        expect(square[i]).toBeCloseTo(
          average((v) => v * v, i),
          11,
        );
        expect(variance[i]).toBeCloseTo(average((v) => v * v, i) - average((v) => v, i) ** 2, 11);
      }
    }
  });

  it('multiplies a global explanation by the perturbed input before averaging', async () => {
    const linear = linearScore(w);
    const deltas = normals('shift', [3, ...shape]);
    const { values, kind } = await smooth(timesInput(gradient()), fixed(deltas))(linear, x, seed);
    expect(kind).toBe('global');
    for (let i = 0; i < d; i++) {
      const shift = (deltas.data[i] + deltas.data[d + i] + deltas.data[2 * d + i]) / 3;
      expect(values.data[i]).toBeCloseTo(w.data[i] * (x.data[i] - shift), 12);
    }
  });

  it('has the standard error of a sample over stored draws', async () => {
    const noise = normals('noise', [7, ...shape]);
    const { stderr } = await smooth(gradient(), fixed(noise))(f, x, seed);
    const slopes = await Promise.all(
      Array.from({ length: 7 }, (_, k) => gradientAt(subtract(x, row(noise, k)))),
    );
    for (let i = 0; i < d; i++) {
      const mean = slopes.reduce((sum, slope) => sum + slope[i], 0) / 7;
      const squares = slopes.reduce((sum, slope) => sum + (slope[i] - mean) ** 2, 0);
      expect(stderr?.data[i]).toBeCloseTo(Math.sqrt(squares / 6 / 7), 12);
    }
  });

  it('has no standard error where nothing was sampled', async () => {
    const all = await smooth(gradient(), square({ size: 1, positions: 'all' }))(f, x, seed);
    expect(all.stderr).toBeUndefined();
    expect(all.cost.backward).toBe(6);
    const one = await smooth(gradient(), gaussian({ sigma: 1 }), { draws: 1 })(f, x, seed);
    expect(one.stderr).toBeUndefined();
  });

  it('calls the inner explainer concurrently, with a bounded number of rows in flight', async () => {
    const wide = [2 ** 14];
    let [running, most] = [0, 0];
    const slow = (cost: number) =>
      named(
        async (_f: Score, at: Tensor, k: Key): Promise<Attribution> => {
          running++;
          most = Math.max(most, running);
          await new Promise((done) => setTimeout(done, 1));
          running--;
          return { values: at, kind: 'local', method: 'slow', key: k, cost: { forward: 0, backward: cost } };
        },
        { expression: 'slow', kind: 'local' as const },
      );
    const at = zeros(wide);
    await smooth(slow(1), gaussian({ sigma: 1 }), { draws: 40 })(linearScore(at), at, seed);
    expect(most).toBe(39);
    most = 0;
    await smooth(slow(64), gaussian({ sigma: 1 }), { draws: 40 })(linearScore(at), at, seed);
    expect(most).toBe(4);
  });

  it('shows itself as an expression that makes it again', () => {
    const inner = integratedGradients({ steps: 20, rule: 'left' });
    expect(smooth(inner, uniform({ radius: 0.2 })).expression).toBe(
      'smooth(integrated-gradients(steps=20, rule=left), uniform(radius=0.2), draws=50)',
    );
    expect(smooth(gradient(), subset(), { draws: 3, statistic: 'variance' }).expression).toBe(
      'smooth(gradient, subset, draws=3, statistic=variance)',
    );
  });

  it('refuses features that differ from draw to draw, and keeps those that do not', async () => {
    const over = (numbers: (at: Tensor) => number[]) =>
      named(
        async (_: Score, at: Tensor, k: Key): Promise<Attribution> => ({
          values: at,
          kind: 'local',
          features: { count: 2, of: Int32Array.from(numbers(at)) },
          method: 'over',
          key: k,
          cost: { forward: 0, backward: 0 },
        }),
        { expression: 'over', kind: 'local' as const },
      );
    const changing = smooth(
      over(({ data }) => Array.from(data, (v) => (v > 0 ? 1 : 0))),
      gaussian({ sigma: 9 }),
    );
    await expect(changing(f, x, seed)).rejects.toMatchObject({ code: 'not-applicable' });
    const kept = await smooth(
      over(() => [0, 0, 1, 1, 1, 1]),
      gaussian({ sigma: 9 }),
    )(f, x, seed);
    expect(kept.features?.count).toBe(2);
  });

  it('refuses draws that weigh nothing', async () => {
    const weightless: Perturbation = named(
      (at: Tensor, k: Key, from: number, to: number): Draws => ({
        ...subset()(at, k, from, to),
        weights: new Float64Array(to - from),
      }),
      { expression: 'weightless', masks: false },
    );
    await expect(smooth(gradient(), weightless)(f, x, seed)).rejects.toMatchObject({ code: 'non-finite' });
  });

  it('refuses a part of an enumeration', async () => {
    const part = smooth(gradient(), square({ size: 1, positions: 'all' }), { draws: 3 });
    await expect(part(f, x, seed)).rejects.toMatchObject({ code: 'option-value' });
  });
});
