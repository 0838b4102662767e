import { key, type Norm, type Score, stream, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { minimum } from '../src/index.js';
import { type Layer, predictedMargin, reluNet } from './scores.js';
import { elementSets } from './sets.js';

/** Distance of the points of the first grid. */
const COARSE = 1 / 600;
/** Halves of the widths of the finer grids, and their points on each side of the centre. */
const FINER = [3e-3, 2e-4, 2e-5];
const HALF = 30;

interface Net {
  readonly margin: Score;
  readonly x: Float64Array;
  /** The margin at a point, without tensors. */
  readonly at: (a: number, b: number) => number;
}

/** A random net of two features and three classes, and an input in the middle of its box. */
function netOf(seed: number, { hidden, gain }: { readonly hidden: number; readonly gain: number }): Net {
  const random = stream(key(seed));
  const layer = (outputs: number, inputs: number): Layer => ({
    w: Array.from({ length: outputs }, () => {
      const row = new Float64Array(inputs);
      random.fillNormal(row);
      return row.map((v) => gain * v * Math.sqrt(2 / inputs));
    }),
    b: Array.from({ length: outputs }, () => 0.2 * gain * random.normal()),
  });
  const x = Float64Array.of(0.3 + 0.4 * random.uniform(), 0.3 + 0.4 * random.uniform());
  const [inner, outer] = [layer(hidden, 2), layer(3, hidden)];
  const margin = predictedMargin(reluNet(inner, outer, [0, 1]), x);
  return { margin, x, at: marginOf(inner, outer, margin.classes?.target ?? 0) };
}

function marginOf(inner: Layer, outer: Layer, target: number): Net['at'] {
  const z = new Float64Array(outer.w.length);
  return (a, b) => {
    z.set(outer.b);
    for (const [i, w] of inner.w.entries()) {
      const open = w[0] * a + w[1] * b + inner.b[i];
      if (open > 0) for (let k = 0; k < z.length; k++) z[k] += outer.w[k][i] * open;
    }
    let other = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < z.length; k++) if (k !== target) other = Math.max(other, z[k]);
    return z[target] - other;
  };
}

const lengthOf = (a: number, b: number, norm: Norm): number => {
  if (norm === 'l2') return Math.hypot(a, b);
  return norm === 'l1' ? Math.abs(a) + Math.abs(b) : Math.max(Math.abs(a), Math.abs(b));
};

/** The least norms by a grid over the box of two features, and then by finer grids around the best point of each norm. */
function scanned({ at, x }: Net, norms: readonly Norm[]): readonly number[] {
  const best = norms.map(() => ({ size: Number.POSITIVE_INFINITY, point: [0, 0] }));
  const tryPoint = (point: readonly [number, number], picked: readonly number[]) => {
    const sizes = norms.map((norm) => lengthOf(point[0] - x[0], point[1] - x[1], norm));
    const nearer = picked.filter((k) => sizes[k] < best[k].size);
    if (nearer.length === 0 || !(at(...point) < 0)) return;
    for (const k of nearer) best[k] = { size: sizes[k], point: [...point] };
  };
  const grid = Array.from({ length: Math.round(1 / COARSE) + 1 }, (_, i) => i * COARSE);
  const all = norms.map((_, k) => k);
  for (const a of grid) for (const b of grid) tryPoint([a, b], all);
  for (const width of FINER) {
    for (const k of all.filter((each) => best[each].size < Number.POSITIVE_INFINITY)) {
      const sides = best[k].point.map((centre) =>
        Array.from({ length: 2 * HALF + 1 }, (_, i) =>
          Math.min(1, Math.max(0, centre + (width * (i - HALF)) / HALF)),
        ),
      );
      for (const a of sides[0]) for (const b of sides[1]) tryPoint([a, b], [k]);
    }
  }
  return best.map(({ size }) => size);
}

const norms: readonly Norm[] = ['l1', 'l2', 'linf'];
const kinds = [
  { hidden: 16, gain: 1 },
  { hidden: 32, gain: 1 },
  { hidden: 32, gain: 2.5 },
];

describe.each(kinds)(
  'the true minimum of nets of two features, $hidden rectifiers and weights times $gain, by a scan',
  (kind) => {
    it('is never undercut by more than the distance of two points of the scan, and met within 1 % for every net and norm', async () => {
      const nets = Array.from({ length: 12 }, (_, seed) => netOf(seed, kind));
      let count = 0;
      for (const [seed, net] of nets.entries()) {
        const truths = scanned(net, norms);
        for (const [k, norm] of norms.entries()) {
          const [{ estimate }] = await minimum({ norm })(
            net.margin,
            tensor(net.x, [1, 2]),
            elementSets([2], [[1, 1]]),
            key(0),
          );
          const value = 'value' in estimate ? estimate.value : Number.POSITIVE_INFINITY;
          if (truths[k] === Number.POSITIVE_INFINITY) continue;
          count++;
          expect(value, `seed ${seed}, ${norm}`).toBeGreaterThan(truths[k] - 2 * COARSE);
          expect(value / truths[k], `seed ${seed}, ${norm}`).toBeLessThan(1.01);
        }
      }
      expect(count).toBeGreaterThan(15);
    });
  },
);
