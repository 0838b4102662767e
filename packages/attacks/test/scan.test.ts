import { key, type Norm, type Score, stream, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { minimum } from '../src/index.js';
import { predictedMargin, reluNet } from './scores.js';
import { elementSets } from './sets.js';

/** Distance of the points of the first grid. */
const COARSE = 1 / 299;
const norms: readonly Norm[] = ['l1', 'l2', 'linf'];

/** A random net of two features and three classes, and an input in the middle of its box. */
function netOf(seed: number): { readonly margin: Score; readonly x: Float64Array } {
  const random = stream(key(seed));
  const layer = (outputs: number, inputs: number) => ({
    w: Array.from({ length: outputs }, () => {
      const row = new Float64Array(inputs);
      random.fillNormal(row);
      return row.map((v) => v * Math.sqrt(2 / inputs));
    }),
    b: Array.from({ length: outputs }, () => 0.2 * random.normal()),
  });
  const x = Float64Array.of(0.3 + 0.4 * random.uniform(), 0.3 + 0.4 * random.uniform());
  return { margin: predictedMargin(reluNet(layer(16, 2), layer(3, 16), [0, 1]), x), x };
}

const lengthOf = (a: number, b: number, norm: Norm): number => {
  if (norm === 'l2') return Math.hypot(a, b);
  return norm === 'l1' ? Math.abs(a) + Math.abs(b) : Math.max(Math.abs(a), Math.abs(b));
};

/** The least norm by a grid over the box of two features, and then by ever finer grids around the best point. */
async function scanned({ margin, x }: ReturnType<typeof netOf>, norm: Norm): Promise<number> {
  let best = { size: Number.POSITIVE_INFINITY, at: [0.5, 0.5] };
  for (let width = 1, n = 300; width > 1e-4; width /= 20, n = 100) {
    const [a0, b0] = best.at.map((centre) => Math.max(0, centre - width / 2));
    const points = Float64Array.from({ length: 2 * n * n }, (_, i) => {
      const cell = i >> 1;
      const [from, k] = i % 2 === 0 ? [a0, cell % n] : [b0, Math.floor(cell / n)];
      return Math.min(1, from + (width * k) / (n - 1));
    });
    const margins = await margin.value(tensor(points, [n * n, 2]));
    for (let i = 0; i < margins.length; i++) {
      const at = [points[2 * i], points[2 * i + 1]];
      const size = lengthOf(at[0] - x[0], at[1] - x[1], norm);
      if (margins[i] < 0 && size < best.size) best = { size, at };
    }
    if (best.size === Number.POSITIVE_INFINITY) break;
  }
  return best.size;
}

/** Nets of 16 random rectifiers have several boundaries around an input. A search by gradients meets the nearest of most nets, not of all. */
const LEAST_SHARE = 0.75;

describe.each(norms)('the true %s minimum of small nets, by a scan of two features', (norm) => {
  it('is never undercut, and met within 1 % for at least three of four nets', {
    timeout: 300_000,
  }, async () => {
    const ratios: number[] = [];
    for (let seed = 0; seed < 8; seed++) {
      const net = netOf(seed);
      const truth = await scanned(net, norm);
      if (truth === Number.POSITIVE_INFINITY) continue;
      const inputs = tensor(net.x, [1, 2]);
      const [{ estimate }] = await minimum({ norm })(net.margin, inputs, elementSets([2], [[1, 1]]), key(0));
      const value = 'value' in estimate ? estimate.value : Number.POSITIVE_INFINITY;
      expect(value, `seed ${seed}`).toBeGreaterThan(truth - 2 * COARSE);
      ratios.push(value / truth);
    }
    expect(ratios.length).toBeGreaterThan(3);
    const met = ratios.filter((ratio) => ratio < 1.01).length;
    expect(met / ratios.length, ratios.map((ratio) => ratio.toFixed(3)).join(' ')).toBeGreaterThanOrEqual(
      LEAST_SHARE,
    );
  });
});
