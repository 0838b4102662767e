import { elementFeatures, functionScore, key, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { minimum } from '../minimum.js';

/** Two walls: a slope leads to the one at x = 0.9, and a flat margin hides a nearer one at y = 0.3. */
const walls = functionScore({
  shape: [2],
  value: ({ data: [x = 0, y = 0] }) => (y < -0.3 ? -1 : 0.9 - x),
  gradient: () => tensor([-1, 0], [2]),
  bounds: [-1, 1],
});
const both = { features: elementFeatures([2]), free: Uint8Array.of(1, 1), input: Int32Array.of(0) };
const search = async (options: Parameters<typeof minimum>[0]) => {
  const [found] = await minimum(options)(walls, tensor([0, 0], [1, 2]), both, key(0));
  return { ...found, norm: 'value' in found.estimate ? found.estimate.value : Number.NaN };
};

describe('a second boundary that no gradient leads to', () => {
  it('is missed without a scan, and found by it within 1 %', async () => {
    expect((await search({ probes: 0 })).norm).toBeCloseTo(0.9, 3);
    const { norm, checks } = await search({});
    expect(norm).toBeGreaterThan(0.3);
    expect(norm).toBeLessThan(0.303);
    expect(checks?.restartGain).toBeCloseTo(1 - norm / 0.9, 2);
  });

  it('is found by random starts too, each of which costs as many gradients as the first search', async () => {
    const one = await search({ probes: 0, steps: 10 });
    const five = await search({ probes: 0, steps: 10, starts: 5 });
    expect(five.norm).toBeLessThan(one.norm / 2);
    expect(five.checks?.restartGain).toBeGreaterThan(0.5);
    expect(five.cost.backward).toBe(5 * one.cost.backward);
    expect(one.checks).not.toHaveProperty('restartGain');
  });
});
