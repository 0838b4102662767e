import { describe, expect, it } from 'vitest';
import { adam } from './adam.js';

/** Algorithm 1 as it is printed, with the bias of both means corrected, for one parameter. */
function slow(gradients: readonly number[], rate: number): number {
  let [w, m, v] = [1, 0, 0];
  gradients.forEach((g, i) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    w -= (rate * (m / (1 - 0.9 ** (i + 1)))) / Math.sqrt(v / (1 - 0.999 ** (i + 1)));
  });
  return w;
}

describe('adam', () => {
  it('makes the steps of Algorithm 1', () => {
    const gradients = [0.5, -2, 3, 0.25, -1];
    const [w] = [new Float64Array(1).fill(1)];
    const step = adam();
    for (const g of gradients) step([w], [Float64Array.of(g)], 0.1);
    expect(w[0]).toBeCloseTo(slow(gradients, 0.1), 6);
  });

  it('keeps the state of each parameter for itself, and of each optimiser', () => {
    const alone = Float64Array.of(1);
    const [first, second] = [adam(), adam()];
    const both = [Float64Array.of(1), Float64Array.of(1, 1)];
    for (const g of [1, -3, 2]) {
      first([alone], [Float64Array.of(g)], 0.1);
      second(both, [Float64Array.of(g), Float64Array.of(5, g)], 0.1);
    }
    expect(both[0][0]).toBe(alone[0]);
    expect(both[1][1]).toBe(alone[0]);
    expect(both[1][0]).not.toBe(alone[0]);
  });

  it('finds the minimum of a quadratic function', () => {
    const w = Float32Array.of(3, -2);
    const step = adam();
    for (let i = 0; i < 500; i++) step([w], [Float32Array.of(2 * (w[0] - 1), 20 * w[1])], 0.05);
    expect(w[0]).toBeCloseTo(1, 2);
    expect(w[1]).toBeCloseTo(0, 2);
  });
});
