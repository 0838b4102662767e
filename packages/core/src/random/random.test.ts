import { describe, expect, it } from 'vitest';
import { fold, type Key, key } from './key.js';
import { stream, streamFrom, streamsOf } from './stream.js';
import { threefry2x32 } from './threefry.js';

const words = (hi: number, lo: number): Key => ({ hi, lo });

describe('threefry2x32', () => {
  // The 20-round vectors that Random123 publishes: counter, key, output.
  it.each([
    [words(0, 0), words(0, 0), words(0x6b200159, 0x99ba4efe)],
    [words(0xffffffff, 0xffffffff), words(0xffffffff, 0xffffffff), words(0x1cb996fc, 0xbb002be7)],
    [words(0x243f6a88, 0x85a308d3), words(0x13198a2e, 0x03707344), words(0xc4923a9c, 0x483df7a0)],
  ])('gives the published answer for counter %o', (counter, k, answer) => {
    expect(threefry2x32(k, counter)).toEqual(answer);
  });
});

describe('key and fold', () => {
  it('keep all 53 bits of a seed', () => {
    expect(key(2 ** 53 - 1)).toEqual({ hi: 2 ** 21 - 1, lo: 0xffffffff });
    expect(key(2 ** 32)).toEqual({ hi: 1, lo: 0 });
  });

  it('give different keys for different data, numbers and texts alike', () => {
    const data = [
      0,
      1,
      2 ** 32,
      2 ** 53 - 1,
      '',
      '0',
      '1',
      'a',
      'b',
      'ab',
      'ba',
      'a\0',
      'a\0\0\0\0',
      'é',
      'abcd',
      'abcde',
    ];
    const keys = data.map((d) => JSON.stringify(fold(key(7), d)));
    expect(new Set(keys).size).toBe(data.length);
  });

  it('depend on the order of folds', () => {
    expect(fold(fold(key(0), 1), 2)).not.toEqual(fold(fold(key(0), 2), 1));
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuse %d', (seed) => {
    expect(() => key(seed)).toThrow(/whole number/);
    expect(() => fold(key(0), seed)).toThrow(/whole number/);
  });
});

describe('stream', () => {
  it('of draw i is that of the key folded with i, also where one object serves all draws', () => {
    const streamAt = streamsOf(key(5));
    for (const i of [3, 0, 3, 2 ** 40]) {
      const [one, other] = [streamAt(i), stream(fold(key(5), i))];
      expect([one.uint32(), one.normal(), one.uniform()]).toEqual([
        other.uint32(),
        other.normal(),
        other.uniform(),
      ]);
    }
  });

  it('fills arrays with the uniform numbers that it gives one by one', () => {
    const [filled, single] = [stream(key(8)), stream(key(8))];
    const out = new Float64Array(1000);
    filled.fillUniform(out, -2, 3);
    expect([...out]).toEqual(Array.from(out, () => -2 + 5 * single.uniform()));
    expect(filled.uint32()).toBe(single.uint32());
  });

  it('is xoshiro128** 1.1: the outputs of the reference program for state 1, 2, 3, 4', () => {
    const random = streamFrom(Int32Array.of(1, 2, 3, 4));
    const outputs = Array.from({ length: 10 }, () => random.uint32());
    expect(outputs).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('gives the same numbers for the same key, and others for another key', () => {
    const take = (k: Key) => {
      const random = stream(k);
      return [random.uint32(), random.uniform(), random.normal(), random.below(10)];
    };
    expect(take(key(5))).toEqual(take(key(5)));
    expect(take(key(5))).not.toEqual(take(key(6)));
  });

  it('has not changed since it was written', () => {
    const random = stream(fold(key(42), 'golden'));
    expect(Array.from({ length: 3 }, () => random.uint32())).toMatchInlineSnapshot(`
      [
        2986799296,
        3069495519,
        3655289528,
      ]
    `);
    expect(Array.from({ length: 6 }, () => random.normal())).toMatchInlineSnapshot(`
      [
        -1.2832405257277821,
        -0.6608568908268558,
        -1.6065060765963173,
        -0.6096998741344825,
        -0.46488664501910376,
        -0.5829060360638586,
      ]
    `);
  });

  it('fills with the numbers that normal gives one by one, wherever the fill is split', () => {
    const one = stream(key(3));
    const expected = Float64Array.from({ length: 5000 }, () => one.normal());
    const filled = new Float64Array(5000);
    const random = stream(key(3));
    for (const [from, to] of [
      [0, 1],
      [1, 1],
      [1, 1234],
      [1234, 5000],
    ])
      random.fillNormal(filled, from, to);
    expect(filled).toEqual(expected);
  });

  it('gives uniform numbers in [low, high) with the right mean and variance', () => {
    const out = new Float64Array(1e5);
    stream(key(1)).fillUniform(out, -2, 4);
    const { mean, variance } = momentsOf(out);
    expect(Math.min(...out.subarray(0, 1e4))).toBeGreaterThanOrEqual(-2);
    expect(out.every((v) => v >= -2 && v < 4)).toBe(true);
    expect(mean).toBeCloseTo(1, 1);
    expect(variance).toBeCloseTo(3, 1);
  });

  it('below(n) is uniform over 0..n-1, also where 2^32 is no multiple of n', () => {
    const random = stream(key(2));
    const counts = new Array(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.below(7)]++;
    const chi = counts.reduce((sum, count) => sum + (count - 1e4) ** 2 / 1e4, 0);
    expect(chi).toBeLessThan(22.5); // 99.9 % of chi-squared with 6 degrees of freedom
    expect(random.below(1)).toBe(0);
    expect(() => random.below(0)).toThrow(/whole number/);
  });
});

describe('normal', () => {
  const n = 2e5;
  const sample = new Float64Array(n);
  stream(key(11)).fillNormal(sample);

  it('has the moments of the normal distribution', () => {
    const moment = (p: number) => sample.reduce((sum, z) => sum + z ** p, 0) / n;
    // Five standard errors of each sample moment.
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it('has the distribution function of the normal distribution (Kolmogorov-Smirnov)', () => {
    const sorted = sample.toSorted();
    let gap = 0;
    for (let i = 0; i < n; i++) gap = Math.max(gap, Math.abs(normalCdf(sorted[i]) - (i + 0.5) / n));
    expect(gap * Math.sqrt(n)).toBeLessThan(1.95); // 99.9 %
  });

  it('has the right weight beyond the start of the tail on both sides', () => {
    const expected = n * normalCdf(-3.6541528853610088);
    const below = sample.filter((z) => z < -3.6541528853610088).length;
    const above = sample.filter((z) => z > 3.6541528853610088).length;
    for (const count of [below, above])
      expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  it('is not correlated from one draw key to the next', () => {
    let product = 0;
    for (let i = 0; i < 20_000; i++) {
      product += stream(fold(key(1), i)).normal() * stream(fold(key(1), i + 1)).normal();
    }
    expect(Math.abs(product / 20_000)).toBeLessThan(5 / Math.sqrt(20_000));
  });
});

function momentsOf(values: Float64Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length };
}

/** Simpson integration of the density from 0: slow, and independent of the ziggurat's tables. */
function normalCdf(z: number): number {
  const steps = 200;
  const h = z / steps;
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(z);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 0 ? 2 : 4) * density(i * h);
  return 0.5 + (sum * h) / 3;
}
