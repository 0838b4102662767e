import { describe, expect, it } from 'vitest';
import { type QuadratureRule, quadratureRules, quadratures } from './quadrature.js';

/** Mean of t^p over [0, 1] by the rule; the truth is 1/(p + 1). */
function meanOfPower(rule: QuadratureRule, n: number, p: number): number {
  const { nodes, weights } = quadratures[rule](n);
  return nodes.reduce((sum, t, k) => sum + weights[k] * t ** p, 0);
}

describe('quadrature', () => {
  for (const rule of quadratureRules) {
    it(`${rule}: weights sum to 1 and nodes ascend inside [0, 1]`, () => {
      for (const n of [1, 2, 3, 10, 50, 201]) {
        const { nodes, weights } = quadratures[rule](n);
        expect(nodes).toHaveLength(n);
        expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 13);
        expect(nodes.every((t, k) => t >= 0 && t <= 1 && (k === 0 || t > nodes[k - 1]))).toBe(true);
      }
    });
  }

  it('gauss-legendre with n points is exact up to degree 2n - 1 and not beyond', () => {
    for (const n of [1, 2, 3, 5, 8, 20]) {
      for (let p = 0; p < 2 * n; p++)
        expect(meanOfPower('gauss-legendre', n, p)).toBeCloseTo(1 / (p + 1), 13);
    }
    for (const n of [1, 2, 3]) {
      expect(Math.abs(meanOfPower('gauss-legendre', n, 2 * n) - 1 / (2 * n + 1))).toBeGreaterThan(1e-4);
    }
  });

  it('gauss-legendre has the tabulated nodes and weights for 2, 3 and 5 points', () => {
    const table: readonly (readonly [number, readonly number[], readonly number[]])[] = [
      [2, [-1 / Math.sqrt(3)], [1]],
      [3, [-Math.sqrt(3 / 5), 0], [5 / 9, 8 / 9]],
      [
        5,
        [-Math.sqrt(5 + 2 * Math.sqrt(10 / 7)) / 3, -Math.sqrt(5 - 2 * Math.sqrt(10 / 7)) / 3, 0],
        [(322 - 13 * Math.sqrt(70)) / 900, (322 + 13 * Math.sqrt(70)) / 900, 128 / 225],
      ],
    ];
    for (const [n, t, w] of table) {
      const { nodes, weights } = quadratures['gauss-legendre'](n);
      for (let k = 0; k < t.length; k++) {
        expect(nodes[k]).toBeCloseTo((1 + t[k]) / 2, 14);
        expect(weights[k]).toBeCloseTo(w[k] / 2, 14);
        expect(nodes[n - 1 - k]).toBeCloseTo((1 - t[k]) / 2, 14);
      }
    }
  });

  it('midpoint and trapezoid are exact for lines, left and right are off by half a step', () => {
    expect(meanOfPower('midpoint', 7, 1)).toBeCloseTo(0.5, 14);
    expect(meanOfPower('trapezoid', 7, 1)).toBeCloseTo(0.5, 14);
    expect(meanOfPower('left', 10, 1)).toBeCloseTo(0.45, 14);
    expect(meanOfPower('right', 10, 1)).toBeCloseTo(0.55, 14);
  });

  it('left with 10 points stands at 0, 0.1, ..., 0.9', () => {
    expect([...quadratures.left(10).nodes]).toEqual(Array.from({ length: 10 }, (_, k) => k / 10));
  });
});
