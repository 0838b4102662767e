import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { studentTail } from './distributions.js';
import { holm } from './holm.js';
import { type PValues, pairedT } from './paired-t.js';
import { rankCorrelation } from './rank-correlation.js';
import { signedRank } from './signed-rank.js';
import { winDrawLoss } from './win-draw-loss.js';

/** Numbers of SciPy, written by paired-tests.py beside them. */
interface Fixture {
  readonly cases: readonly {
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly t: number;
    readonly tTest: PValues;
    readonly interval90: readonly [number, number];
    readonly positive: number;
    readonly normal: PValues;
    readonly exact: PValues | null;
    readonly spearman: number;
  }[];
  readonly tails: readonly { readonly t: number; readonly freedom: number; readonly tail: number }[];
}
const file = new URL('../../test/fixtures/paired-tests.json', import.meta.url);
const { cases, tails }: Fixture = JSON.parse(readFileSync(file, 'utf8'));

function expectClose(got: PValues, truth: PValues): void {
  for (const side of ['twoSided', 'greater', 'less'] as const)
    expect(got[side] / truth[side]).toBeCloseTo(1, 6);
}

/** p-values of a statistic of signed differences, from all signs that they can have. */
function bySigns(differences: readonly number[], statistic: (signed: readonly number[]) => number): PValues {
  const own = statistic(differences);
  const all = Array.from({ length: 2 ** differences.length }, (_, signs) =>
    statistic(differences.map((d, i) => ((signs >> i) & 1 ? d : -d))),
  );
  const share = (holds: (value: number) => boolean) => all.filter(holds).length / all.length;
  const [greater, less] = [share((value) => value >= own), share((value) => value <= own)];
  return { greater, less, twoSided: Math.min(1, 2 * Math.min(greater, less)) };
}

/** Sum of the mean ranks of the positive differences, from the definition. */
function positiveRanks(differences: readonly number[]): number {
  const sizes = differences.map(Math.abs);
  const rankOf = (size: number) =>
    sizes.filter((other) => other < size).length + (sizes.filter((other) => other === size).length + 1) / 2;
  return differences.reduce((sum, d, i) => sum + (d > 0 ? rankOf(sizes[i]) : 0), 0);
}

const zeros = (n: number) => new Array<number>(n).fill(0);

it.each(tails)(
  'the tail above $t with $freedom degrees of freedom is that of SciPy',
  ({ t, freedom, tail }) => {
    expect(studentTail(t, freedom) / tail).toBeCloseTo(1, 6);
  },
);

describe('the paired t-test', () => {
  it.each(cases)('has the numbers of SciPy for $a.length pairs', ({ a, b, t, tTest, interval90 }) => {
    const got = pairedT(a, b, { level: 0.9 });
    expect(got.t).toBeCloseTo(t, 9);
    expectClose(got.p, tTest);
    expect(got.interval.low).toBeCloseTo(interval90[0], 6);
    expect(got.interval.high).toBeCloseTo(interval90[1], 6);
    expect(got.mean).toBeCloseTo(a.reduce((sum, each, i) => sum + each - b[i], 0) / a.length, 12);
  });

  it('comes near the share of all signs with such a mean', () => {
    const { a, b } = cases[2];
    const differences = a.map((each, i) => each - b[i]);
    const truth = bySigns(differences, (signed) => signed.reduce((sum, d) => sum + d, 0));
    expect(Math.abs(pairedT(a, b).p.twoSided - truth.twoSided)).toBeLessThan(0.02);
  });

  it('is certain of equal differences that are not 0, and says nothing of those that are', () => {
    expect(pairedT([2, 3, 4], [1, 2, 3])).toMatchObject({
      stderr: 0,
      p: { twoSided: 0, greater: 0, less: 1 },
    });
    expect(pairedT([2, 3], [2, 3])).toMatchObject({ t: 0, p: { twoSided: 1, greater: 0.5, less: 0.5 } });
  });

  it('refuses one pair, pairs without a partner and numbers that are not finite', () => {
    expect(() => pairedT([1], [2])).toThrow(expect.objectContaining({ code: 'tensor-shape' }));
    expect(() => pairedT([1, 2], [2])).toThrow(expect.objectContaining({ code: 'tensor-shape' }));
    expect(() => pairedT([1, Number.NaN], [2, 3])).toThrow(expect.objectContaining({ code: 'non-finite' }));
  });
});

describe('the signed-rank test', () => {
  it.each(cases)('has the numbers of SciPy for $a.length pairs', ({ a, b, positive, normal, exact }) => {
    const approximate = signedRank(a, b, { exactUpTo: 0 });
    expect(approximate).toMatchObject({ positive, method: 'normal' });
    expectClose(approximate.p, normal);
    if (exact === null) return;
    const counted = signedRank(a, b, { exactUpTo: 500 });
    expect(counted).toMatchObject({ positive, method: 'exact', zeros: 0 });
    expectClose(counted.p, exact);
  });

  it('counts all signs of the ranks, with ties', () => {
    const difference = fc.integer({ min: -4, max: 4 });
    fc.assert(
      fc.property(fc.array(difference, { maxLength: 9 }), (all) => {
        const kept = all.filter((d) => d !== 0);
        const got = signedRank(all, zeros(all.length));
        expect(got).toMatchObject({ n: kept.length, zeros: all.length - kept.length, method: 'exact' });
        expect(got.positive).toBe(positiveRanks(kept));
        const truth = bySigns(kept, positiveRanks);
        for (const side of ['twoSided', 'greater', 'less'] as const)
          expect(got.p[side]).toBeCloseTo(truth[side], 12);
      }),
    );
  });

  it('goes over to the normal distribution above 50 differences, and comes near the exact numbers there', () => {
    const a = Array.from({ length: 51 }, (_, i) => Math.sin(i * i) + 0.2);
    const [exact, normal] = [500, 50].map((exactUpTo) => signedRank(a, zeros(51), { exactUpTo }));
    expect(normal).toEqual(signedRank(a, zeros(51)));
    expect([exact.method, normal.method]).toEqual(['exact', 'normal']);
    expect(Math.abs(normal.p.twoSided / exact.p.twoSided - 1)).toBeLessThan(0.05);
    expect(signedRank(a.slice(1), zeros(50)).method).toBe('exact');
  });

  it('refuses to count for more than 500 differences', () => {
    expect(() => signedRank([1], [0], { exactUpTo: 501 })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });
});

describe('the rank correlation', () => {
  it.each(cases)('is that of SciPy for $a.length pairs', ({ a, b, spearman }) => {
    expect(rankCorrelation(a, b)).toBeCloseTo(spearman, 12);
  });

  it('is no number where there is nothing to rank', () => {
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(rankCorrelation([1, Number.NaN, 1], [1, 2, 3])).toBeNaN();
    expect(() => rankCorrelation([1], [1, 2])).toThrow(expect.objectContaining({ code: 'tensor-shape' }));
  });
});

describe('the correction of Holm', () => {
  /** The closed test of Bonferroni's: p of i is the greatest of all sets that hold i. */
  function closed(p: readonly number[], i: number): number {
    const sets = Array.from({ length: 2 ** p.length }, (_, set) =>
      [...p.keys()].filter((j) => (set >> j) & 1),
    );
    const own = sets.filter((set) => set.includes(i));
    return Math.max(...own.map((set) => Math.min(1, set.length * Math.min(...set.map((j) => p[j])))));
  }

  it('is the closed test of Bonferroni’s', () => {
    const value = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.01, 1));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 7 }), (p) => {
        holm(p).forEach((each, i) => {
          expect(each).toBeCloseTo(closed(p, i), 12);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what is not a probability', () => {
    for (const wrong of [Number.NaN, -0.1, 1.1])
      expect(() => holm([0.5, wrong])).toThrow(expect.objectContaining({ code: 'option-value' }));
  });
});

describe('win, draw and loss', () => {
  it('depend on which numbers are better, and on how far a draw goes', () => {
    const [a, b] = [
      [1, 2, 3, 4, 5],
      [2, 2, 2.5, 3, 1],
    ];
    expect(winDrawLoss(a, b, { better: 'higher' })).toEqual({ win: 3, draw: 1, loss: 1 });
    expect(winDrawLoss(a, b, { better: 'lower' })).toEqual({ win: 1, draw: 1, loss: 3 });
    expect(winDrawLoss(a, b, { better: 'higher', drawWithin: 1 })).toEqual({ win: 1, draw: 4, loss: 0 });
  });

  it('refuse a draw within less than nothing', () => {
    expect(() => winDrawLoss([1], [1], { better: 'lower', drawWithin: -1 })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });
});
