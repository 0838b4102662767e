import { expect, test } from 'vitest';
import { bestNamed, coverage, families } from '../scripts/few-inputs/coverage.js';

const sizes = [2, 4, 10];
const seeds = 1000;
const [normal, ...skewed] = families;

// Of 1000 seeds that succeed with probability 0.95, 922 to 978 do with probability 0.9999.
test('95 % intervals of normal values hold the mean in 92.2 to 97.8 % of 1000 seeds, with 1.96 in fewer', () => {
  for (const n of sizes) {
    const found = coverage(normal, { n, seeds });
    expect(found.student).toBeGreaterThanOrEqual(0.922);
    expect(found.student).toBeLessThanOrEqual(0.978);
    expect(found.normal).toBeLessThan(0.922);
  }
});

test('intervals of skewed values contain the mean in fewer than 95 % of seeds, but in more than with 1.96', () => {
  for (const family of skewed) {
    for (const n of sizes) {
      const found = coverage(family, { n, seeds });
      expect(found.student).toBeGreaterThan(found.normal + 0.02);
      expect(found.student).toBeGreaterThan(0.78);
      expect(found.student).toBeLessThan(0.978);
    }
  }
});

test('of two explainers that are equally good one is called the best in no more than 7.8 % of 1000 seeds', () => {
  for (const family of families) {
    for (const n of sizes) expect(bestNamed(family, { n, seeds })).toBeLessThanOrEqual(0.078);
  }
});
