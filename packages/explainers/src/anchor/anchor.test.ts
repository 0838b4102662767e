import { classifierScore, fold, key, type Shape, stream, type Tensor, tensor, zeros } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { anchor } from './anchor.js';
import { type Arm, bestArms, shareOf } from './best-arms.js';
import { divergence, klBounds } from './kl-bounds.js';

const seed = key(9);

describe('KL bounds', () => {
  it('are where the divergence times n is the level', () => {
    for (const counted of [
      { n: 40, hits: 31 },
      { n: 7, hits: 0 },
      { n: 12, hits: 12 },
    ]) {
      const { low, high } = klBounds(counted, 3);
      const share = counted.hits / counted.n;
      if (low > 0) expect(counted.n * divergence(share, low)).toBeCloseTo(3, 8);
      if (high < 1) expect(counted.n * divergence(share, high)).toBeCloseTo(3, 8);
      expect(low).toBeLessThanOrEqual(share);
      expect(high).toBeGreaterThanOrEqual(share);
    }
    expect(klBounds({ n: 7, hits: 0 }, 3).low).toBe(0);
    expect(klBounds({ n: 12, hits: 12 }, 3).low).toBeCloseTo(Math.exp(-3 / 12), 8);
    expect(klBounds({ n: 0, hits: 0 }, 3)).toEqual({ low: 0, high: 1 });
  });

  it('fail with a probability of exp(-level) at most', () => {
    const [p, n, runs] = [0.8, 30, 4000];
    const random = stream(fold(seed, 'bounds'));
    let missed = 0;
    for (let run = 0; run < runs; run++) {
      let hits = 0;
      for (let i = 0; i < n; i++) hits += Number(random.uniform() < p);
      missed += Number(klBounds({ n, hits }, 2).low > p);
    }
    expect(missed / runs).toBeLessThan(Math.exp(-2));
  });
});

describe('KL-LUCB', () => {
  const probabilities = [0.2, 0.9, 0.5, 0.95, 0.4, 0.6];

  it('finds the arms of the greatest probability, and draws most from those that are hard to tell apart', async () => {
    const arms = probabilities.map((p, i) => ({ p, n: 0, hits: 0, random: stream(fold(seed, i)) }));
    const draw = async (some: readonly (typeof arms)[number][]) => {
      for (const arm of some)
        for (let i = 0; i < 20; i++) {
          arm.n += 1;
          arm.hits += Number(arm.random.uniform() < arm.p);
        }
    };
    await draw(arms);
    const best = await bestArms(arms, { count: 2, delta: 0.05, tolerance: 0.1, draws: 1e6 }, draw);
    expect(best.map(({ p }) => p).sort()).toEqual([0.9, 0.95]);
    expect(arms[5].n).toBeGreaterThan(arms[0].n);
  });

  it('chooses all arms where there are no more', async () => {
    const arms: Arm[] = [
      { n: 10, hits: 2 },
      { n: 10, hits: 9 },
    ];
    const never = () => Promise.reject(new Error('drawn'));
    const best = await bestArms(arms, { count: 2, delta: 0.05, tolerance: 0.1, draws: 1e6 }, never);
    expect(best.map(shareOf)).toEqual([0.9, 0.2]);
  });
});

/** A class that holds where `holds` says so of the elements. */
const ruled = (shape: Shape, holds: (data: Tensor['data']) => boolean) =>
  classifierScore(
    {
      shape,
      count: 2,
      logits: ({ data }) => [holds(data) ? 1 : -1, 0],
      pullback: () => zeros(shape),
    },
    { target: 0 },
  );

/** Six elements that are 1 in x and 0 in the baseline. The class needs 2 of the first three, or the fourth with the fifth. */
const d = 6;
const ones = tensor(new Float64Array(d).fill(1), [d]);
const needs = (data: ArrayLike<number>) => data[0] + data[1] + data[2] >= 2 || data[3] * data[4] === 1;
const f = ruled([d], needs);

/** The exact precision of a rule: the share of all masks of the other elements, weighted by `replace`, for which the class holds. */
function precisionOf(rule: readonly number[], replace: number): number {
  let total = 0;
  for (let mask = 0; mask < 2 ** d; mask++) {
    const kept = Array.from({ length: d }, (_, j) => (mask >> j) & 1);
    if (rule.some((j) => kept[j] === 0)) continue;
    const free = kept.filter((_, j) => !rule.includes(j));
    const chance = free.reduce((product, own) => product * (own === 1 ? 1 - replace : replace), 1);
    if (needs(kept)) total += chance;
  }
  return total;
}

const membersOf = (values: Tensor): number[] =>
  [...values.data.keys()].filter((j) => values.data[j] > 0).sort((a, b) => values.data[b] - values.data[a]);

describe('anchor', () => {
  it('draws at most `draws` times for a rule, whatever precision and tolerance ask for', async () => {
    // Rules whose precision is within 1e-9 of what is asked for take 1e10 draws to tell.
    const noisy = ruled([d], needs);
    for (const settings of [
      { precision: 1, tolerance: 1e-9 },
      { precision: 0.6875, tolerance: 1e-9 },
    ]) {
      const { details, cost } = await anchor({ ...settings, draws: 640, most: 2 })(noisy, ones, seed);
      expect(details?.draws).toBeLessThanOrEqual(640);
      // The empty rule, at most 6 of one feature and 20 of two.
      expect(cost.forward).toBeLessThanOrEqual(640 * 27 + 1);
    }
  });

  it('has an estimate where any precision suffices', async () => {
    const { details } = await anchor({ precision: 0.01, tolerance: 0.05 })(f, ones, seed);
    expect(details).toMatchObject({ reached: true, size: 0, draws: 64 });
  });

  it.each([0.5, 0.8])(
    'with replace %d is a shortest rule of all whose exact precision suffices',
    async (replace) => {
      const { values, details, kind } = await anchor({ replace })(f, ones, seed);
      const rule = membersOf(values);
      const shorter = Array.from({ length: 2 ** d }, (_, set) =>
        Array.from({ length: d }, (__, j) => j).filter((j) => (set >> j) & 1),
      ).filter((each) => each.length < rule.length);
      expect(precisionOf(rule, replace)).toBeGreaterThanOrEqual(0.95);
      for (const each of shorter) expect(precisionOf(each, replace)).toBeLessThan(0.95);
      expect(details?.reached).toBe(true);
      expect(details?.size).toBe(rule.length);
      expect(details?.coverage).toBeCloseTo((1 - replace) ** rule.length, 12);
      expect(details?.['precision-low']).toBeLessThanOrEqual(precisionOf(rule, replace));
      expect(details?.['precision-high']).toBeGreaterThanOrEqual(precisionOf(rule, replace));
      expect(kind).toBe('ranking');
      expect([...values.data].sort()).toEqual([0, 0, 0, 0, 1, 2]);
    },
  );

  it('has intervals that hold the exact precision for most keys', async () => {
    let missed = 0;
    for (let run = 0; run < 40; run++) {
      const { values, details } = await anchor({ precision: 0.8, most: 1 })(f, ones, fold(seed, run));
      const exact = precisionOf(membersOf(values), 0.5);
      missed += Number(
        Number(details?.['precision-low']) > exact || Number(details?.['precision-high']) < exact,
      );
    }
    expect(missed).toBeLessThanOrEqual(4);
  });

  it('is empty where the prediction stays anyway', async () => {
    const { values, details } = await anchor()(
      ruled([d], () => true),
      ones,
      seed,
    );
    expect([...values.data]).toEqual(new Array(d).fill(0));
    expect(details).toMatchObject({ reached: true, precision: 1, coverage: 1, size: 0 });
  });

  it('says where no rule is precise enough, and gives the most precise one', async () => {
    const all = ruled([d], (data) => data.every((v: number) => v === 1));
    const { details } = await anchor({ most: 2 })(all, ones, seed);
    expect(details).toMatchObject({ reached: false, size: 2 });
    expect(details?.['precision-high']).toBeLessThan(0.95);
  });

  it('keeps whole features, with all their elements', async () => {
    const tokens = ruled([4, 3], (data) => data[6] + data[7] + data[8] === 3);
    const x = tensor(new Float64Array(12).fill(1), [4, 3]);
    const { values, features } = await anchor({ features: 'pixels', layout: 'wc' })(tokens, x, seed);
    expect(features?.count).toBe(4);
    expect([...values.data]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0]);
  });

  it('takes columns from the rows of a background, and counts rows of the same quarter as covered', async () => {
    const random = stream(fold(seed, 'rows'));
    const n = 400;
    const data = Float64Array.from({ length: 3 * n }, () => random.normal());
    const table = ruled([3], ([a]) => a > 0.9);
    const x = tensor([1.5, 0, 0], [3]);
    const { values, details } = await anchor({ background: tensor(data, [n, 3]) })(table, x, seed);
    expect([...values.data]).toEqual([1, 0, 0]);
    const column = Array.from({ length: n }, (_, i) => data[3 * i]).sort((a, b) => a - b);
    const last = column.filter((v) => v > column[Math.ceil(0.75 * n) - 1]).length;
    expect(details?.coverage).toBeCloseTo(last / n, 12);
    expect(details?.precision).toBe(1);
  });

  it('refuses a baseline beside a background, a background of another shape, and a margin that is not a number', async () => {
    const rows = zeros([2, d]);
    expect(() => anchor({ baseline: 0, background: rows })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
    await expect(anchor({ background: zeros([2, 3]) })(f, ones, seed)).rejects.toMatchObject({
      code: 'tensor-shape',
    });
    const lost = classifierScore(
      {
        shape: [d],
        count: 2,
        logits: ({ data }) => [data[0] === 1 ? 1 : Number.NaN, 0],
        pullback: () => zeros([d]),
      },
      { target: 0 },
    );
    await expect(anchor()(lost, ones, seed)).rejects.toMatchObject({ code: 'non-finite' });
    await expect(anchor()(lost, ones, seed)).rejects.toThrow(/number of class 0, got NaN at row \d+/);
  });
});
