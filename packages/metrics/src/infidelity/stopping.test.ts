import {
  type Attribution,
  functionScore,
  gaussian,
  key,
  type OptionsOf,
  type Perturbation,
  type Score,
  type Subject,
  tensor,
  uniform,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { infidelity } from './infidelity.js';

const shape = [1];
const nothing: Attribution = {
  values: zeros(shape),
  kind: 'local',
  method: 'nothing',
  key: key(0),
  cost: { forward: 0, backward: 0 },
};

/** An attribution of 0 at x = 0, where f is 0 too, so that f(y)² is the squared error of the draw y. */
const subjectOf = (f: Score, attribution = nothing): Subject => ({ f, x: tensor([0], shape), attribution });
const scoreOf = (value: (y: number) => number) =>
  functionScore({ shape, value: ({ data: [y] }) => value(y) });

const square = { subject: subjectOf(scoreOf((y) => y)), perturbation: gaussian({ sigma: 1 }) };
const oneOf = (n: number) => ({
  subject: subjectOf(scoreOf((y) => (y !== 0 && Math.abs(y) < 0.5 / n ? 1 : 0))),
  perturbation: uniform({ radius: 0.5 }),
});

interface Case {
  readonly subject: Subject;
  readonly perturbation: Perturbation;
}

async function measured({ subject, perturbation }: Case, options: OptionsOf<typeof infidelity>, seed = 0) {
  const { estimate: found } = await infidelity(perturbation, options).measure(subject, key(seed));
  if (found.kind !== 'mean') throw new Error(`expected a mean, got ${JSON.stringify(found)}`);
  return found;
}

describe('early stopping', () => {
  it('gives the estimate of its first n draws, whatever the batch', async () => {
    const found = await measured(square, { draws: 20_000, stderr: 0.04 });
    expect(found.n).toBeGreaterThan(500);
    expect(found.n).toBeLessThan(5000);
    expect(await measured(square, { draws: found.n })).toEqual(found);
    expect(await measured(square, { draws: 20_000, stderr: 0.04, batch: 7 })).toEqual(found);
  });

  it('takes about the draws that the spread asks for, and reaches the standard error in most of 100 runs', async () => {
    // The variance of y² is 2: a standard error of 0.04 takes 2 / 0.04² = 1250 draws.
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, seed) => measured(square, { draws: 20_000, stderr: 0.04 }, seed)),
    );
    const mean = all.reduce((sum, { n }) => sum + n, 0) / all.length;
    expect(mean).toBeGreaterThan(1250);
    expect(mean).toBeLessThan(2 * 1250);
    expect(all.filter(({ stderr }) => stderr <= 0.04).length).toBeGreaterThan(60);
  });

  it('is not too low where 1 draw of 100 holds all of the error', async () => {
    // Stopping on the draws that are reported gives about 0.008 here, because runs with few of them seem precise.
    let sum = 0;
    const runs = 400;
    const options = { draws: 20_000, stderr: 0.1 / Math.sqrt(1000) };
    for (let seed = 0; seed < runs; seed++) sum += (await measured(oneOf(100), options, seed)).value;
    // Each run has a standard error of at most 0.1/√200, the mean of 400 of them of 0.00035 at most.
    expect(Math.abs(sum / runs - 0.01)).toBeLessThan(3 * (0.1 / Math.sqrt(200 * runs)));
  });

  it('takes all draws where those that decide are all equal, or the error never gets that small', async () => {
    const never = { draws: 3000, stderr: 1e-9 };
    expect(await measured(square, never)).toMatchObject({ n: 3000 });
    const rare = await measured(oneOf(1e6), { draws: 3000, stderr: 1 });
    expect(rare).toMatchObject({ value: 0, stderr: 0, n: 3000 });
    expect(rare.warning).toMatch(/all 3000 draws gave one value.*fewer than 1 of 1000/);
  });

  it.each([
    { name: 'equal in a number that binary fractions round', plateau: () => 0.3 },
    {
      name: 'equal to float32’s rounding',
      plateau: (y: number) => Math.fround(0.3 + 1e-8 * Math.sin(1e6 * y)),
    },
  ])(
    'takes all draws where those that decide are $name, and finds what 1 of 1000 holds',
    async ({ plateau }) => {
      const f = scoreOf((y) => (y === 0 ? 0 : Math.abs(y) < 5e-4 ? 30 : plateau(y)));
      const perturbation = uniform({ radius: 0.5 });
      const found = await measured({ subject: subjectOf(f), perturbation }, { draws: 4000, stderr: 0.3 });
      expect(found.n).toBe(4000);
      expect(found.value).toBeGreaterThan(2 * 0.3 ** 2);
      const flat = { subject: subjectOf(scoreOf((y) => (y === 0 ? 0 : plateau(y)))), perturbation };
      expect((await measured(flat, { draws: 4000, stderr: 0.3 })).warning).toMatch(
        /all 4000 draws gave one value/,
      );
    },
  );

  it('is invalid where a draw that decides is not finite', async () => {
    const broken = subjectOf(scoreOf((y) => (y > 1 ? Number.NaN : y)));
    const metric = infidelity(square.perturbation, { draws: 20_000, stderr: 0.04 });
    const comparison = await metric.compare?.([broken, broken], key(0));
    for (const found of [comparison?.measured[0].estimate, comparison?.differences[0][1]]) {
      expect(found).toMatchObject({
        kind: 'invalid',
        n: 200,
        reason: expect.stringMatching(/of 200 draws are not/),
      });
    }
  });

  it('gives each attribution the number of draws that it needs alone', async () => {
    const doubled = { ...nothing, values: tensor([-1], shape) };
    const subjects = [square.subject, subjectOf(square.subject.f, doubled)];
    const metric = infidelity(square.perturbation, { draws: 20_000, stderr: 0.1 });
    const comparison = await metric.compare?.(subjects, key(0));
    const alone = await Promise.all(subjects.map((subject) => metric.measure(subject, key(0))));
    expect(comparison?.measured).toEqual(alone);
    const [small, large] = alone.map(({ estimate }) => ('n' in estimate ? (estimate.n ?? 0) : 0));
    expect(large).toBeGreaterThan(10 * small);
    expect(comparison?.differences[0][1]).toMatchObject({ n: large });
  });
});
