import { describe, expect, it } from 'vitest';
import { roundHalfEven, wrapped } from '../ir/integers.js';
import { erf, logSumExp, softplus } from './special.js';

/** 2/sqrt(pi) times the integral of e^(-t²) from 0 to x by Simpson's rule. */
function erfByIntegration(x: number): number {
  const pieces = 2000;
  const f = (t: number) => Math.exp(-t * t);
  let total = f(0) + f(x);
  for (let i = 1; i < pieces; i++) total += (i % 2 === 0 ? 2 : 4) * f((i * x) / pieces);
  return ((2 / Math.sqrt(Math.PI)) * (total * x)) / pieces / 3;
}

describe('erf', () => {
  it('is the integral that defines it, on both sides of the change of method', () => {
    for (const x of [1e-3, 0.1, 0.5, 1, 2, 2.999, 3, 3.001, 4, 5.5]) {
      expect(Math.abs(erf(x) - erfByIntegration(x))).toBeLessThan(1e-13);
      expect(erf(-x)).toBe(-erf(x));
    }
  });

  it('keeps the sign of zero, NaN, and reaches 1', () => {
    expect(Object.is(erf(-0), -0)).toBe(true);
    expect(erf(Number.NaN)).toBeNaN();
    expect([erf(Infinity), erf(-Infinity)]).toEqual([1, -1]);
  });
});

describe('log-domain functions', () => {
  it('do not overflow', () => {
    expect(softplus(800)).toBe(800);
    expect(softplus(-800)).toBe(0);
    expect(logSumExp(Float64Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 12);
    expect(logSumExp(Float64Array.of(-1000, -1000))).toBeCloseTo(-1000 + Math.log(2), 12);
  });

  it('pass infinities and NaN on', () => {
    expect(logSumExp(Float64Array.of(Infinity, 1))).toBe(Infinity);
    expect(logSumExp(Float64Array.of(-Infinity))).toBe(-Infinity);
    expect(logSumExp(Float64Array.of(NaN, 1))).toBeNaN();
  });
});

describe('integers', () => {
  it('wrap around in up to 32 bits', () => {
    expect(wrapped('here', 'int8', 128)).toBe(-128);
    expect(wrapped('here', 'uint8', -1)).toBe(255);
    expect(wrapped('here', 'int32', 2 ** 31)).toBe(-(2 ** 31));
    expect(wrapped('here', 'uint32', -1)).toBe(2 ** 32 - 1);
  });

  it('are refused where 64 bits leave the exact range of doubles', () => {
    expect(wrapped('here', 'int64', -(2 ** 53) + 1)).toBe(-(2 ** 53) + 1);
    expect(() => wrapped('here', 'int64', 2 ** 53)).toThrow('a int64 result within ±2^53');
  });

  it('round halves to even', () => {
    expect([-2.5, -1.5, -0.4, 0.5, 1.5, 2.5, 2.6].map(roundHalfEven)).toEqual([-2, -2, -0, 0, 2, 2, 3]);
  });
});
