import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import type { Estimate, MeanEstimate } from '../types/estimate.js';
import { studentQuantile } from './distributions.js';
import { meanEstimate } from './estimate.js';
import { interval } from './interval.js';
import { moments } from './moments.js';

/** Probability below t, by Simpson's rule over the density (1 + x²/ν)^(-(ν + 1)/2) after x = √ν·tan(a), which makes it cos(a)^(ν - 1). */
function probabilityBelow(t: number, df: number): number {
  const area = (to: number) => {
    const steps = 20_000;
    const h = to / steps;
    let sum = 0;
    for (let i = 0; i <= steps; i++) {
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      sum += weight * Math.cos(i * h) ** (df - 1);
    }
    return (sum * h) / 3;
  };
  return 0.5 + (0.5 * area(Math.atan(t / Math.sqrt(df)))) / area(Math.PI / 2);
}

describe('the quantile of Student’s t', () => {
  it.each([1, 2, 3, 4, 9, 19, 99, 1999, 99_999, 100_001, 1e6])(
    'has its probability below it by integration, %d degrees of freedom',
    (df) => {
      for (const p of [0.6, 0.9, 0.95, 0.975, 0.995]) {
        expect(Math.abs(probabilityBelow(studentQuantile(p, df), df) - p)).toBeLessThan(1e-8);
      }
    },
  );

  it.each([1e7, 1e8, 1e9, 1e12, Number.POSITIVE_INFINITY])(
    'is that of the normal distribution at %d',
    (df) => {
      expect(studentQuantile(0.975, df)).toBeCloseTo(1.959963985, 6);
      expect(studentQuantile(0.995, df)).toBeCloseTo(2.575829304, 6);
    },
  );

  it('is refused for what is no probability and for no degrees of freedom', () => {
    for (const p of [0, 1, -1, 2, Number.NaN]) expect(() => studentQuantile(p, 3)).toThrow('between 0 and 1');
    for (const df of [0, -1, Number.NaN])
      expect(() => studentQuantile(0.9, df)).toThrow('degrees of freedom');
  });
});

const mean = (value: number, stderr: number, n: number): Estimate => ({ kind: 'mean', value, stderr, n });

describe('the interval of an estimate', () => {
  it('reaches 12.7, 4.30 and 2.26 standard errors at 2, 3 and 10 samples, as in printed tables', () => {
    const half = (n: number) => (interval(mean(5, 1, n))?.high ?? 0) - 5;
    expect([2, 3, 10].map((n) => Number(half(n).toFixed(3)))).toEqual([12.706, 4.303, 2.262]);
  });

  it('widens with the level', () => {
    const width = (level: number) => interval(mean(0, 1, 5), { level })?.high ?? 0;
    expect([0.5, 0.9, 0.95, 0.99].map((level) => Number(width(level).toFixed(3)))).toEqual([
      0.741, 2.132, 2.776, 4.604,
    ]);
  });

  it('does not go above the greatest value that the number can have', () => {
    const limits = { least: -1, most: 1 };
    expect(interval(mean(0.9, 0.1, 2), limits)).toMatchObject({ low: expect.closeTo(-0.3706, 4), high: 1 });
    expect(interval(mean(-0.9, 0.1, 2), limits)).toMatchObject({ low: -1, high: expect.closeTo(0.3706, 4) });
  });

  it('does not go below the least value that the number can have', () => {
    expect(interval(mean(1, 1, 3), { least: 0 })).toMatchObject({ low: 0, high: expect.closeTo(5.3027, 4) });
    expect(interval(mean(1, 1, 3))?.low).toBeCloseTo(-3.3027, 4);
  });

  it('of an exact number is the number', () => {
    expect(interval({ kind: 'exact', value: 3 })).toEqual({ low: 3, high: 3, level: 0.95 });
  });

  it('is absent where nothing is known of the spread', () => {
    expect(interval(mean(1, Number.NaN, 1))).toBeUndefined();
    expect(interval({ kind: 'bound', side: 'lower', value: 1, n: 5 })).toBeUndefined();
    expect(interval({ kind: 'censored', above: 1, n: 5 })).toBeUndefined();
    expect(interval({ kind: 'invalid', reason: 'no draws', n: 0 })).toBeUndefined();
  });

  it('is refused for a level that is none', () => {
    for (const level of [0, 1, 95])
      expect(() => interval(mean(1, 1, 4), { level })).toThrow('between 0 and 1');
  });
});

describe('the interval of a mean that says more than its standard error', () => {
  const of = (more: Partial<MeanEstimate>) =>
    interval({ kind: 'mean', value: 5, stderr: 2, n: 1000, ...more }) ?? {
      low: Number.NaN,
      high: Number.NaN,
    };

  it('is as wide as its own degrees of freedom ask, not n - 1', () => {
    expect(of({ freedom: 2 }).high).toBeCloseTo(5 + 2 * 4.3027, 3);
    expect(of({ freedom: 2.5 }).high).toBeCloseTo(5 + 2 * studentQuantile(0.975, 2.5), 12);
  });

  it('ends where the transformed mean, T + a·T²/3 + a²·T³/27 + a/6, is at the quantiles', () => {
    const t = studentQuantile(0.975, 999);
    for (const a of [-0.8, -0.2, 1e-9, 0.01, 0.3, 1]) {
      const transformed = (truth: number) => {
        const T = (5 - truth) / 2;
        return T + (a * T ** 2) / 3 + (a ** 2 * T ** 3) / 27 + a / 6;
      };
      const { low, high } = of({ skewness: a });
      expect(transformed(low)).toBeCloseTo(t, 6);
      expect(transformed(high)).toBeCloseTo(-t, 6);
    }
  });

  it('reaches further where the long tail is, by as much for one sign of skewness as for the other', () => {
    const [up, down] = [of({ skewness: 0.5 }), of({ skewness: -0.5 })];
    expect(up.high - 5).toBeGreaterThan(1.5 * (5 - up.low));
    expect([down.low - 5, down.high - 5]).toEqual([
      expect.closeTo(5 - up.high, 12),
      expect.closeTo(5 - up.low, 12),
    ]);
  });

  it('holds the value at every level', () => {
    for (const level of [0.001, 0.05, 0.5]) {
      const found = interval({ kind: 'mean', value: 5, stderr: 2, n: 9, skewness: 0.9 }, { level });
      expect(found?.low).toBeLessThanOrEqual(5);
      expect(found?.high).toBeGreaterThanOrEqual(5);
    }
  });
});

describe('over 1000 samples of normal values with mean 0', () => {
  // Of 1000 intervals that hold the mean with probability 0.95, 922 to 978 do with probability 0.9999.
  it.each([2, 4, 10])('between 922 and 978 intervals of %d values hold the mean', (n) => {
    let held = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const values = new Float64Array(n);
      stream(key(seed)).fillNormal(values);
      const found = interval(meanEstimate(moments.value([...values].reduce(moments.add, moments.init()))));
      if (found !== undefined && found.low <= 0 && 0 <= found.high) held++;
    }
    expect(held).toBeGreaterThanOrEqual(922);
    expect(held).toBeLessThanOrEqual(978);
  });
});
