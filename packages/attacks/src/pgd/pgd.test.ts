import { elementFeatures, key, linearScore, meter, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { paperCodeAttacks } from '../paper-code.js';
import { pgd } from './pgd.js';
import { nextRadius } from './search.js';

const w = tensor([3, -4], [2]);
const inputs = tensor([1, 0, 40, 0], [2, 2]);
const free = { features: elementFeatures([2]), free: Uint8Array.of(1, 1, 1, 1), input: Int32Array.of(0, 1) };
const search = (attack: ReturnType<typeof pgd>) => attack(linearScore(w, 2), inputs, free, key(0));

describe('the binary search of pgd', () => {
  it('meets the distance to a plane within the tolerance, below and above the first radius', async () => {
    const found = await search(pgd());
    // (3 + 2) / 5 and (120 + 2) / 5.
    for (const [set, truth] of [1, 24.4].entries()) {
      const { estimate, checks } = found[set];
      const value = 'value' in estimate ? estimate.value : Number.NaN;
      expect(value).toBeGreaterThan(truth);
      expect(value).toBeLessThan(truth + 2e-3);
      expect(checks?.radius).toBeGreaterThanOrEqual(value - 1e-12);
    }
  });

  it('takes many more gradients where the last point counts only, which reports a radius that is no smaller', async () => {
    const counted = async (attack: ReturnType<typeof pgd>) => {
      const { score, cost } = meter(linearScore(w, 2));
      const found = await attack(score, inputs, free, key(0));
      return { found, backward: cost().backward };
    };
    const every = await counted(pgd());
    const last = await counted(paperCodeAttacks.pgd);
    expect(last.backward).toBeGreaterThan(every.backward);
    for (const { estimate, checks } of last.found) {
      expect('value' in estimate && Number(checks?.radius) >= estimate.value - 1e-12).toBe(true);
    }
  });

  it('multiplies by 10 up to 100, divides by 10 until nothing is found, then halves', () => {
    const none = Number.POSITIVE_INFINITY;
    expect(nextRadius({ lower: 10, upper: none }, 1e-3)).toBe(100);
    expect(nextRadius({ lower: 100, upper: none }, 1e-3)).toBeUndefined();
    expect(nextRadius({ lower: 0, upper: 10 }, 1e-3)).toBe(1);
    expect(nextRadius({ lower: 1, upper: 10 }, 1e-3)).toBe(5.5);
    expect(nextRadius({ lower: 1, upper: 1.0009 }, 1e-3)).toBeUndefined();
    expect(nextRadius({ lower: 0, upper: 9e-4 }, 1e-3)).toBeUndefined();
  });
});
