import { interval, key, stream } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { estimateMean } from './mean.js';
import { withWarning } from './warning.js';

const random = stream(key(1));
const values = Float64Array.from({ length: 40 }, () => random.normal() ** 2);
const ones = new Float64Array(40).fill(1);
const uneven = Float64Array.from({ length: 40 }, () => Math.exp(random.normal()));

function meanOf(z: Float64Array, w: Float64Array) {
  const found = estimateMean(z, w, false);
  if (found.kind !== 'mean') throw new Error(`expected a mean, got ${found.kind}`);
  return found;
}

const mean = (z: readonly number[], w: readonly number[]) =>
  z.reduce((sum, value, i) => sum + w[i] * value, 0) / w.reduce((a, b) => a + b, 0);

/** The mean without each draw in turn, less the mean. */
function leftOut(z: Float64Array, w: Float64Array): number[] {
  const whole = mean([...z], [...w]);
  return [...z].map((_, i) => {
    const others = (of: Float64Array) => [...of].filter((_, j) => j !== i);
    return whole - mean(others(z), others(w));
  });
}

describe('the estimate of a mean', () => {
  for (const [name, weights] of [
    ['equal', ones],
    ['unequal', uneven],
  ] as const) {
    it(`has the jackknife's standard error and skewness under ${name} weights`, () => {
      const moves = leftOut(values, weights);
      const power = (p: number) => moves.reduce((sum, move) => sum + move ** p, 0);
      const found = meanOf(values, weights);
      expect(found.value).toBeCloseTo(mean([...values], [...weights]), 12);
      expect(found.stderr).toBeCloseTo(Math.sqrt((39 / 40) * power(2)), 12);
      expect(found.skewness).toBeCloseTo(power(3) / power(2) ** 1.5, 12);
      const effective =
        mean([...weights], Array(40).fill(1)) ** 2 / mean([...weights.map((w) => w * w)], Array(40).fill(1));
      const freedom = 2 / (power(4) / power(2) ** 2 - 1 / 40);
      expect(found.freedom).toBeCloseTo(Math.min(freedom, 40 * effective - 1), 10);
    });
  }

  it('has the standard error s/√n for equal weights, of any size', () => {
    const m = mean([...values], [...ones]);
    const s = Math.sqrt(values.reduce((sum, z) => sum + (z - m) ** 2, 0) / 39);
    expect(meanOf(values, ones).stderr).toBeCloseTo(s / Math.sqrt(40), 12);
    expect(
      meanOf(
        values,
        ones.map(() => 3),
      ).stderr,
    ).toBeCloseTo(s / Math.sqrt(40), 12);
  });

  it('says how many draws unequal weights leave', () => {
    const squares = uneven.reduce((sum, w) => sum + w * w, 0);
    expect(meanOf(values, uneven).effective).toBeCloseTo(
      uneven.reduce((a, b) => a + b, 0) ** 2 / squares,
      10,
    );
    expect(meanOf(values, ones)).not.toHaveProperty('effective');
  });

  it('is the number itself, without spread, where all draws gave it, under any weights', () => {
    for (const value of [0.1, 0.3 ** 2, 1 / 3]) {
      for (const weights of [ones, uneven]) {
        const found = estimateMean(new Float64Array(40).fill(value), weights, false);
        expect(found).toMatchObject({ kind: 'mean', value, stderr: 0 });
        expect(found).not.toHaveProperty('skewness');
        expect(found).not.toHaveProperty('freedom');
      }
    }
  });

  it('is invalid where one draw alone holds all of the weight', () => {
    const lone = ones.map((_, i) => (i === 3 ? 2 : 0));
    expect(estimateMean(values, lone, false)).toMatchObject({
      kind: 'invalid',
      reason: expect.stringMatching(/has all the weight/),
    });
    expect(estimateMean(values, lone, true)).toEqual({ kind: 'exact', value: values[3], n: 40 });
  });

  it('reaches further up than down where the draws are skewed upwards', () => {
    const found = meanOf(values, ones);
    const bar = interval(found);
    expect(found.skewness).toBeGreaterThan(0);
    expect((bar?.high ?? 0) - found.value).toBeGreaterThan(1.2 * (found.value - (bar?.low ?? 0)));
  });
});

describe('an estimate with a warning', () => {
  const warning = (z: Float64Array, w: Float64Array) => {
    const found = withWarning(estimateMean(z, w, false));
    return found.kind === 'mean' ? found.warning : undefined;
  };

  it('says so: few draws, equal draws, heavy weights; and is left as it is where nothing is wrong', () => {
    expect(warning(values, ones)).toMatch(/only 40 draws.*fewer than 1 of 14/);
    expect(warning(ones, ones)).toMatch(/all 40 draws gave one value/);
    expect(warning(values, uneven)).toMatch(/weights make 40 draws worth \d+\.\d:/);
    const many = Float64Array.from({ length: 100 }, () => random.normal());
    expect(warning(many, new Float64Array(100).fill(1))).toBeUndefined();
    expect(withWarning({ kind: 'exact', value: 1 })).toEqual({ kind: 'exact', value: 1 });
  });
});
