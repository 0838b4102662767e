import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { norm } from '../tensor/norm.js';
import { row, rows } from '../tensor/rows.js';
import { type Shape, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import { fixed } from './fixed.js';
import { mixture } from './mixture.js';
import { gaussian, uniform } from './noise.js';
import { perturbationOf } from './settle.js';
import { square } from './square.js';
import { subset } from './subset.js';
import { weighted } from './weighted.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

const x = randomTensor([2, 4, 5], 0);

describe('mixture', () => {
  it('takes the share of its draws from the second perturbation, all of whose draws occur', () => {
    const n = 2000;
    const all = square({ size: 4, positions: 'all' });
    const { deltas } = mixture(gaussian({ sigma: 1e-3 }), all, { share: 0.3 })(x, key(1), 0, n);
    const squares = [0, 1].map((i) => String(row(all(x, key(0), 0, 2).deltas, i).data));
    const counts = new Map<string, number>();
    for (let i = 0; i < n; i++) {
      const shown = norm(row(deltas, i), 'linf') < 0.1 ? 'noise' : String(row(deltas, i).data);
      counts.set(shown, (counts.get(shown) ?? 0) + 1);
    }
    const near = (times: number | undefined, p: number) =>
      expect(Math.abs((times ?? 0) / n - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
    near(counts.get('noise'), 0.7);
    for (const each of squares) near(counts.get(each), 0.15);
    expect(counts.size).toBe(3);
  });

  it('has masks where both have them, and the layout of the score goes to both', () => {
    const masked = mixture(subset(), square({ size: 2 }));
    expect(masked.masks).toBe(true);
    expect(mixture(subset(), gaussian({ sigma: 1 })).masks).toBe(false);
    expect(masked.expression).toBe('mixture(subset, square(size=2))');
    expect(perturbationOf({ layout: 'hwc' }, masked).expression).toBe(
      'mixture(subset, square(size=2, layout=hwc))',
    );
    const { masks, deltas } = masked(x, key(0), 0, 12);
    const dense = masks?.dense().data ?? [];
    deltas.data.forEach((delta, at) => {
      expect(delta).toBe(dense[at] === 1 ? x.data[at % 40] : 0);
    });
  });

  it('keeps the weights of each, 1 where it has none', () => {
    const heavy = weighted(uniform({ radius: 1 }), { width: 1, kernel: 'exponential' });
    const { weights, deltas } = mixture(gaussian({ sigma: 50 }), heavy)(x, key(3), 0, 50);
    for (let i = 0; i < 50; i++) {
      const one = row(deltas, i);
      const expected = norm(one, 'linf') <= 1 ? Math.exp(-norm(one, 'l2')) : 1;
      expect(weights?.[i]).toBeCloseTo(expected, 12);
    }
  });
});

describe('weighted', () => {
  it.each([
    ['gaussian', (r: number) => Math.exp(-(r ** 2) / 2)],
    ['exponential', (r: number) => Math.exp(-r)],
    ['triangular', (r: number) => (r < 1 ? 1 - r : 0)],
    ['epanechnikov', (r: number) => (r < 1 ? 1 - r ** 2 : 0)],
  ] as const)('by the %s kernel weighs each draw by its distance, and changes nothing else', (kernel, of) => {
    const inner = uniform({ radius: 0.4 });
    const draws = weighted(inner, { width: 1.5, kernel })(x, key(2), 3, 30);
    expect(draws.inputs).toEqual(inner(x, key(2), 3, 30).inputs);
    for (let i = 0; i < 27; i++) {
      const squares = Array.from(row(draws.deltas, i).data, (v) => v * v);
      const distance = Math.sqrt(squares.reduce((a, b) => a + b, 0));
      expect(draws.weights?.[i]).toBeCloseTo(of(distance / 1.5), 12);
    }
    const shares = new Set(Array.from(draws.weights ?? []).map((weight) => weight > 0));
    expect(shares.has(true)).toBe(true);
  });

  it('multiplies the weights of the inner perturbation', () => {
    const deltas = randomTensor([6, 2, 4, 5], 5);
    const stored = fixed(deltas, undefined, undefined, { weights: tensor([0, 1, 2, 3, 4, 5], [6]) });
    const found = weighted(stored, { width: 10, norm: 'linf' })(x, key(0), 1, 6);
    for (let i = 0; i < 5; i++) {
      const r = norm(row(rows(deltas, 1, 6), i), 'linf') / 10;
      expect(found.weights?.[i]).toBeCloseTo((i + 1) * Math.exp((-r * r) / 2), 12);
    }
    expect(() => fixed(deltas, undefined, undefined, { weights: tensor([-1, 1, 1, 1, 1, 1], [6]) })).toThrow(
      /at least 0, got -1/,
    );
  });
});
