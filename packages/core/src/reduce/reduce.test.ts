import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reducer } from '../types/estimate.js';
import { boundEstimate, meanEstimate } from './estimate.js';
import { deltaStderr, joint } from './joint.js';
import { maximum } from './maximum.js';
import { moments } from './moments.js';
import { covariance, type Pair, ratio } from './pairs.js';

const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const anyNumber = fc.oneof({ weight: 9, arbitrary: number }, fc.constantFrom(Number.NaN, 1 / 0, -1 / 0));
const numbers = fc.array(anyNumber, { maxLength: 30 });
const pairs = fc.array(fc.tuple(anyNumber, anyNumber), { maxLength: 30 });
const cuts = fc.array(fc.nat({ max: 30 }), { maxLength: 4 });

const reduce = <S, V, R>(reducer: Reducer<S, V, R>, values: readonly V[]): S =>
  values.reduce((state, value) => reducer.add(state, value), reducer.init());

function reduceSplit<S, V, R>(reducer: Reducer<S, V, R>, values: readonly V[], at: readonly number[]): S {
  const bounds = [0, ...at.map((cut) => Math.min(cut, values.length)), values.length].sort((a, b) => a - b);
  const parts = bounds.slice(1).map((to, i) => reduce(reducer, values.slice(bounds[i], to)));
  return parts.reduce((a, b) => reducer.merge(a, b), reducer.init());
}

/** Equal numbers to rounding of sums of values up to 1e3, through any nesting. */
function expectClose(got: unknown, expected: unknown): void {
  if (typeof got === 'number' && typeof expected === 'number') {
    if (Number.isNaN(expected) || !Number.isFinite(expected)) expect(got).toBe(expected);
    else expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)) + 1e-8);
    return;
  }
  const entries = Object.entries(Object(got));
  expect(entries.length).toBe(Object.entries(Object(expected)).length);
  for (const [name, value] of entries) expectClose(value, Object(expected)[name]);
}

const mean = (v: readonly number[]) =>
  v.length === 0 ? Number.NaN : v.reduce((a, b) => a + b, 0) / v.length;
const cov = (a: readonly number[], b: readonly number[]) => {
  if (a.length < 2) return Number.NaN;
  const [ma, mb] = [mean(a), mean(b)];
  return a.reduce((sum, value, i) => sum + (value - ma) * (b[i] - mb), 0) / (a.length - 1);
};
const finitePairs = (values: readonly Pair[]) => values.filter((pair) => pair.every(Number.isFinite));

describe('every reducer gives the same value for any split', () => {
  it('moments', () => {
    fc.assert(
      fc.property(numbers, cuts, (values, at) => {
        expectClose(moments.value(reduceSplit(moments, values, at)), moments.value(reduce(moments, values)));
      }),
    );
  });

  it('covariance', () => {
    fc.assert(
      fc.property(pairs, cuts, (values, at) => {
        expectClose(
          covariance.value(reduceSplit(covariance, values, at)),
          covariance.value(reduce(covariance, values)),
        );
      }),
    );
  });

  it('maximum', () => {
    fc.assert(
      fc.property(numbers, cuts, (values, at) => {
        expect(maximum.value(reduceSplit(maximum, values, at))).toEqual(
          maximum.value(reduce(maximum, values)),
        );
      }),
    );
  });

  it('ratio', () => {
    const positive = fc.tuple(number, fc.double({ min: 1, max: 10, noNaN: true }));
    fc.assert(
      fc.property(fc.array(positive, { minLength: 3, maxLength: 30 }), cuts, (values, at) => {
        expectClose(ratio.value(reduceSplit(ratio, values, at)), ratio.value(reduce(ratio, values)));
      }),
    );
  });
});

describe('the values are those of the naive formulas over the finite values', () => {
  it('moments', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const finite = values.filter(Number.isFinite);
        const variance = cov(finite, finite);
        expectClose(moments.value(reduce(moments, values)), {
          n: finite.length,
          mean: mean(finite),
          variance,
          stderr: Math.sqrt(variance / finite.length),
          nonFinite: values.length - finite.length,
        });
      }),
    );
  });

  it('covariance', () => {
    fc.assert(
      fc.property(pairs, (values) => {
        const finite = finitePairs(values);
        const [a, b] = [finite.map((pair) => pair[0]), finite.map((pair) => pair[1])];
        expectClose(covariance.value(reduce(covariance, values)), {
          n: finite.length,
          mean: [mean(a), mean(b)],
          variance: [cov(a, a), cov(b, b)],
          covariance: cov(a, b),
          nonFinite: values.length - finite.length,
        });
      }),
    );
  });

  it('joint agrees with moments of each and covariance of two', () => {
    const samples: [number, number, number][] = [
      [1, 2, 3],
      [4, -5, 6],
      [0, 1, 8],
      [2, 2, 1],
    ];
    const three = joint(3);
    const { mean: means, covariance: c } = three.value(reduce(three, samples));
    const column = (k: number) => samples.map((sample) => sample[k]);
    expectClose(
      Array.from(means),
      [0, 1, 2].map((k) => mean(column(k))),
    );
    expectClose(
      Array.from(c),
      [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => cov(column(i), column(j)))),
    );
  });
});

describe('moments', () => {
  it('keeps the variance of values far from zero', () => {
    const values = [1e9 + 1, 1e9 + 2, 1e9 + 3];
    expect(moments.value(reduce(moments, values)).variance).toBe(1);
  });

  it('does not change a state that was added to', () => {
    const state = reduce(moments, [1, 2]);
    moments.add(state, 50);
    moments.merge(state, state);
    expect(moments.value(state).mean).toBe(1.5);
  });
});

describe('ratio', () => {
  it('has the standard error of the delta method, written out', () => {
    const a = [1, 3, 2, 5];
    const b = [2, 4, 5, 4];
    const r = mean(a) / mean(b);
    const variance = cov(a, a) - 2 * r * cov(a, b) + r * r * cov(b, b);
    const got = ratio.value(
      reduce(
        ratio,
        a.map((value, i) => [value, b[i]] as const),
      ),
    );
    expectClose(got, { n: 4, value: r, stderr: Math.sqrt(variance / 4) / mean(b), nonFinite: 0 });
  });

  it('has no error where a is a multiple of b', () => {
    const got = ratio.value(
      reduce(
        ratio,
        [1, 2, 7].map((b) => [3 * b, b] as const),
      ),
    );
    expectClose([got.value, got.stderr], [3, 0]);
  });
});

describe('deltaStderr', () => {
  it('of one of the means is its standard error', () => {
    const two = joint(2);
    const all = two.value(
      reduce(two, [
        [1, 5],
        [2, 3],
        [6, 4],
      ]),
    );
    const alone = moments.value(reduce(moments, [1, 2, 6]));
    expect(deltaStderr(all, [1, 0])).toBeCloseTo(alone.stderr, 12);
  });
});

describe('estimates', () => {
  it('are invalid, with a reason, when any draw is not finite', () => {
    const state = moments.value(reduce(moments, [1, Number.NaN, 3]));
    expect(meanEstimate(state)).toEqual({ kind: 'invalid', reason: '1 of 3 draws is not finite', n: 3 });
    expect(boundEstimate(maximum.value(reduce(maximum, [1, 1 / 0])))).toMatchObject({
      kind: 'invalid',
      n: 2,
    });
  });

  it('are invalid without draws', () => {
    expect(meanEstimate(moments.value(moments.init()))).toMatchObject({ kind: 'invalid', n: 0 });
    expect(boundEstimate(maximum.init())).toMatchObject({ kind: 'invalid', n: 0 });
  });

  it('say that a maximum is a lower bound', () => {
    expect(boundEstimate(maximum.value(reduce(maximum, [1, 4, 2])))).toEqual({
      kind: 'bound',
      side: 'lower',
      value: 4,
      n: 3,
    });
  });
});
