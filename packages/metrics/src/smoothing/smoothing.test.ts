import {
  type Attribution,
  asBatch,
  fixed,
  functionScore,
  gaussian,
  type Key,
  key,
  named,
  norm,
  quadraticScore,
  row,
  type Score,
  subset,
  type Tensor,
  tensor,
  toFloat64,
  uniform,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { smoothedInfidelity } from './smoothed-infidelity.js';
import { smoothedSensitivity } from './smoothed-sensitivity.js';
import { smoothingInfidelity } from './smoothing-infidelity.js';
import { smoothingSensitivity } from './smoothing-sensitivity.js';

const d = 4;
const seed = key(51);
const normals = normalsOf(seed);
const x = normals('x', [d]);
const explain = named(
  async (f: Score, at: Tensor, k: Key): Promise<Attribution> => ({
    values: toFloat64(row(await f.gradient(asBatch(at)), 0)),
    kind: 'local',
    method: 'slope',
    key: k,
    cost: { forward: 0, backward: 1 },
  }),
  { expression: 'slope', kind: 'local' as const },
);
const quadratic = quadraticScore(normals('A', [d, d]), normals('w', [d]));
const wave = functionScore({
  shape: [d],
  value: ({ data }) => Array.from(data).reduce((sum, value, i) => sum + Math.sin((i + 1) * value), 0),
  gradient: ({ data }) =>
    tensor(
      Array.from(data, (value, i) => (i + 1) * Math.cos((i + 1) * value)),
      [d],
    ),
});

describe('smoothed infidelity ([Y19] Theorem 4.2)', () => {
  it('is for a quadratic and a kernel of pairs that cancel what it is without smoothing: C1 = 1, C2 = 0, both sides equal', async () => {
    const half = normals('kernel', [3, d]).data;
    const kernel = fixed(tensor([...half, ...Array.from(half, (value) => -value)], [6, d]));
    const perturbation = gaussian({ sigma: 0.5 });
    const found = await smoothedInfidelity(
      { f: quadratic, x, explain, kernel, points: 6, perturbation, draws: 40 },
      seed,
    );
    // The error of the gradient of a quadratic is ½·IᵀAI at every z.
    const unsmoothed = await smoothedInfidelity(
      {
        f: quadratic,
        x,
        explain,
        kernel: fixed(tensor(new Float64Array(d), [1, d])),
        points: 1,
        perturbation,
        draws: 40,
      },
      seed,
    );
    expect(found.c1).toBeCloseTo(1, 10);
    expect(found.c2).toBeCloseTo(0, 10);
    expect(found.smoothed / unsmoothed.smoothed).toBeCloseTo(1, 10);
    expect(found.averaged / found.smoothed).toBeCloseTo(1, 10);
  });

  it('is at most the bound, for any kernel, perturbation and score, with C1 at most 1', async () => {
    let told = 0;
    for (const f of [quadratic, wave]) {
      for (const kernel of [gaussian({ sigma: 0.05 }), uniform({ radius: 0.5 }), gaussian({ sigma: 2 })]) {
        for (const perturbation of [gaussian({ sigma: 1 }), subset()]) {
          const found = await smoothedInfidelity(
            { f, x, explain, kernel, points: 12, perturbation, draws: 30 },
            seed,
          );
          expect(found.smoothed).toBeLessThanOrEqual(found.bound * (1 + 1e-9));
          expect(found.c1).toBeLessThanOrEqual(1 + 1e-9);
          if (Number.isFinite(found.bound)) told++;
        }
      }
    }
    // A bound of Infinity holds without saying anything; some say more.
    expect(told).toBeGreaterThan(3);
  });

  it('refuses explanations that are not local', async () => {
    const global = named(
      async (...given: Parameters<typeof explain>) => ({
        ...(await explain(...given)),
        kind: 'global' as const,
      }),
      { expression: 'global', kind: 'global' as const },
    );
    const perturbation = gaussian({ sigma: 1 });
    const task = { f: wave, x, explain: global, kernel: perturbation, points: 2, perturbation, draws: 2 };
    await expect(smoothedInfidelity(task, seed)).rejects.toMatchObject({ code: 'not-applicable' });
  });
});

describe('smoothed sensitivity ([Y19] Theorem 4.1)', () => {
  it('is at most the mean sensitivity around x', async () => {
    for (const kernel of [gaussian({ sigma: 0.1 }), gaussian({ sigma: 2 })]) {
      const ball = uniform({ radius: 0.3, ball: 'l2' });
      const { smoothed, averaged } = await smoothedSensitivity(
        { f: wave, x, explain, kernel, points: 10, ball, neighbours: 15 },
        seed,
      );
      expect(smoothed).toBeLessThan(averaged);
    }
  });

  it('has equal sides for a quadratic, whose gradient changes alike everywhere: the largest ‖Hδ‖', async () => {
    const deltas = normals('deltas', [5, d]);
    const found = await smoothedSensitivity(
      {
        f: quadratic,
        x,
        explain,
        kernel: gaussian({ sigma: 1 }),
        points: 4,
        ball: fixed(deltas),
        neighbours: 5,
      },
      seed,
    );
    const origin = tensor(new Float64Array(d), [d]);
    const slopes = await Promise.all(
      Array.from({ length: 5 }, async (_, i) => (await explain(quadratic, row(deltas, i), seed)).values),
    );
    const base = (await explain(quadratic, origin, seed)).values;
    const truth = Math.max(
      ...slopes.map(({ data }) =>
        norm(
          tensor(
            Array.from(data, (v, i) => v - base.data[i]),
            [d],
          ),
          'l2',
        ),
      ),
    );
    expect(found.smoothed / truth).toBeCloseTo(1, 9);
    expect(found.averaged / truth).toBeCloseTo(1, 9);
  });
});

describe('the metrics of the theorems', () => {
  const subject = async (f: Score) => ({ f, x, explain, attribution: await explain(f, x, seed) });
  const perturbation = gaussian({ sigma: 1 });
  const kernel = gaussian({ sigma: 0.05 });
  const counts = { points: 12, draws: 30 };

  it('give the numbers of both functions, with the ratio of left to right side', async () => {
    const found = await smoothedInfidelity({ f: wave, x, explain, kernel, perturbation, ...counts }, seed);
    for (const number of ['smoothed', 'averaged', 'c1', 'c2'] as const) {
      const metric = smoothingInfidelity(perturbation, kernel, { ...counts, number });
      expect((await metric.measure(await subject(wave), seed)).estimate).toEqual({
        kind: 'exact',
        value: found[number],
      });
    }
    const { estimate } = await smoothingInfidelity(perturbation, kernel, counts).measure(
      await subject(wave),
      seed,
    );
    expect(estimate).toEqual({ kind: 'exact', value: found.smoothed / found.bound });
    const ball = uniform({ radius: 0.3, ball: 'l2' });
    const sides = await smoothedSensitivity(
      { f: wave, x, explain, kernel, ball, points: 6, neighbours: 5 },
      seed,
    );
    const ratio = smoothingSensitivity(ball, kernel, { points: 6, neighbours: 5 });
    expect((await ratio.measure(await subject(wave), seed)).estimate).toEqual({
      kind: 'exact',
      value: sides.smoothed / sides.averaged,
    });
  });

  it('are invalid as a ratio where the theorem gives no bound, and where the explanation is the same everywhere', async () => {
    const wide = smoothingInfidelity(perturbation, gaussian({ sigma: 2 }), counts);
    const measured = await wide.measure(await subject(wave), seed);
    expect(Number(measured.details?.c2)).toBeGreaterThan(1 / 4);
    expect(measured.estimate).toMatchObject({ kind: 'invalid' });
    const flat = functionScore({
      shape: [d],
      value: () => 1,
      gradient: () => tensor(new Float64Array(d), [d]),
    });
    const still = smoothingSensitivity(perturbation, kernel, { points: 3, neighbours: 2 });
    expect((await still.measure(await subject(flat), seed)).estimate).toMatchObject({ kind: 'invalid' });
  });
});
