import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gridFeatures, pixelFeatures } from '../features/partitions.js';
import type { Layout } from '../layout.js';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { plainProducts } from '../rows/products.js';
import { norm } from '../tensor/norm.js';
import { row, rows } from '../tensor/rows.js';
import { type Shape, sizeOf, type Tensor, tensor, toFloat32 } from '../tensor/tensor.js';
import type { Draws, Perturbation } from '../types/draws.js';
import { differenceToBaseline, noisyBaseline } from './baseline.js';
import { boxes, halves } from './boxes.js';
import { coalitions } from './coalitions.js';
import { fixed } from './fixed.js';
import { mixture } from './mixture.js';
import { gaussian, truncatedNormal, uniform } from './noise.js';
import { sets, storedMasks } from './sets.js';
import { perturbationOf } from './settle.js';
import { sizedSubset } from './sized-subset.js';
import { smoothMasks } from './smooth-masks.js';
import { square } from './square.js';
import { singletons, subset } from './subset.js';
import { perturbations } from './table.js';
import { weighted } from './weighted.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

const shape = [2, 4, 5];
const x = randomTensor(shape, 0);
const baseline = randomTensor(shape, 9);
const stored = randomTensor([12, ...shape], 3);
const storedInputs = tensor(
  stored.data.map((delta, at) => x.data[at % 40] - delta),
  stored.shape,
);
const removedElements = tensor(
  stored.data.map((delta) => (delta > 0 ? 1 : 0)),
  stored.shape,
);

const withInputs = fixed(stored, storedInputs, removedElements);

interface Example {
  readonly p: Perturbation;
  /** The baseline of its masks. */
  readonly baseline: number | Tensor;
}

/** Perturbations of stored arrays of the input's shape, which have no example. */
const STORED = /^(fixed|stored-masks)/;

/** Every perturbation of the table with its example. */
const listed: readonly Example[] = Object.values(perturbations)
  .filter(({ name }) => !STORED.test(name))
  .map(({ make, example }) => ({ p: make(example), baseline: 0 }));

const further: readonly Example[] = [
  { p: uniform({ radius: 0.2, ball: 'l2' }), baseline: 0 },
  { p: differenceToBaseline({ baseline }), baseline },
  { p: noisyBaseline({ sigma: 0.2, baseline, clip: [0, 1] }), baseline },
  { p: subset({ probability: 0.2, baseline: 0.5 }), baseline: 0.5 },
  { p: subset({ baseline }), baseline },
  { p: subset({ features: 'pixels', baseline }), baseline },
  { p: subset({ features: 2, layout: 'hwc' }), baseline: 0 },
  { p: square({ sizes: [1, 4], baseline: 0.25, stride: 2 }), baseline: 0.25 },
  { p: square({ sizes: [1, 3], positions: 'all', baseline }), baseline },
  { p: square({ size: 2, positions: 'all', layout: 'hwc' }), baseline: 0 },
  { p: square({ size: 2, channels: 'each', baseline }), baseline },
  { p: square({ size: 2, channels: 'each', positions: 'all', layout: 'hwc' }), baseline: 0 },
  { p: noisyBaseline({ sigma: 0.2, distribution: 'uniform' }), baseline: 0 },
  { p: noisyBaseline({ sigma: 0.2, distribution: 'truncated', limit: 1 }), baseline: 0 },
  { p: singletons({ baseline, features: 'pixels' }), baseline },
  { p: sizedSubset({ size: 2, baseline }), baseline },
  { p: coalitions({ sampling: 'paired', baseline }), baseline },
  { p: coalitions({ sampling: 'uniform', kernel: 'paper-code' }), baseline: 0 },
  { p: coalitions({ sampling: 'all', features: 3, baseline }), baseline },
  { p: halves({ sides: ['left', 'bottom'], baseline }), baseline },
  {
    p: boxes({
      boxes: [
        [0, 1, 2, 5],
        [1, 4, 0, 5],
      ],
      baseline: 0.5,
    }),
    baseline: 0.5,
  },
  { p: smoothMasks({ cells: 2, probability: 0.2, baseline, layout: 'hwc' }), baseline },
  { p: storedMasks(removedElements, { baseline }), baseline },
  { p: sets({ sets: [[0], [1]], features: 'superpixels', baseline }), baseline },
  { p: subset({ features: 'channels', baseline }), baseline },
  { p: mixture(subset({ baseline }), square({ size: 2, baseline })), baseline },
  { p: weighted(square({ size: 2, positions: 'all', baseline }), { width: 3 }), baseline },
  { p: fixed(stored), baseline: 0 },
  { p: withInputs, baseline: 0 },
];

const examples: readonly Example[] = [...listed, ...further];

const everyName = Object.keys(perturbations);

function expectSame(a: Draws, b: Draws): void {
  expect(a.inputs).toEqual(b.inputs);
  expect(a.deltas).toEqual(b.deltas);
  expect(a.masks?.dense()).toEqual(b.masks?.dense());
}

it('every perturbation of the table is among the examples', () => {
  for (const name of everyName) {
    expect(
      examples.some(({ p }) => p.expression === name || p.expression.startsWith(`${name}(`)),
      name,
    ).toBe(true);
  }
});

describe.each(examples.map((example) => ({ ...example, name: example.p.expression })))(
  '$name',
  ({ p, baseline }) => {
    const most = Math.min(20, p.count?.(shape) ?? 20);
    const span = fc
      .tuple(fc.nat({ max: most }), fc.nat({ max: most }))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

    it('gives the same draws for any split, bit for bit', () => {
      const whole = p(x, key(4), 0, most);
      const masks = whole.masks?.dense();
      fc.assert(
        fc.property(span, ([from, to]) => {
          const part = p(x, key(4), from, to);
          expect(part.inputs).toEqual(rows(whole.inputs, from, to));
          expect(part.deltas).toEqual(rows(whole.deltas, from, to));
          if (masks !== undefined) expect(part.masks?.dense()).toEqual(rows(masks, from, to));
        }),
        { numRuns: 25 },
      );
    });

    it.each(['float64', 'float32'])('inputs + deltas = x to the rounding of %s, in that type', (type) => {
      const input = type === 'float32' ? toFloat32(x) : x;
      const epsilon = type === 'float32' ? 2 ** -23 : 2 ** -52;
      const { inputs, deltas } = p(input, key(1), 0, most);
      expect(inputs.data.constructor).toBe(input.data.constructor);
      expect(deltas.data.constructor).toBe(input.data.constructor);
      expect(inputs.shape).toEqual([most, ...shape]);
      expect(deltas.shape).toEqual([most, ...shape]);
      const off = inputs.data.map((value, at) => {
        const [whole, delta] = [input.data[at % 40], deltas.data[at]];
        return Math.abs(value + delta - whole) / (Math.abs(whole) + Math.abs(delta) + Math.abs(value));
      });
      expect(Math.max(0, ...off.filter((value) => !Number.isNaN(value)))).toBeLessThanOrEqual(epsilon);
    });

    it('has masks exactly when it says so, and masks ⊙ (x - baseline) = deltas', () => {
      const { deltas, masks } = p(x, key(1), 0, most);
      expect(masks !== undefined).toBe(p.masks);
      if (masks === undefined || STORED.test(p.expression)) return;
      const removed = masks.dense();
      deltas.data.forEach((delta, at) => {
        const absent = typeof baseline === 'number' ? baseline : baseline.data[at % 40];
        const share = removed.data[at];
        if (!p.expression.startsWith('smooth-masks')) expect([0, 1]).toContain(share);
        expect(share >= 0 && share <= 1).toBe(true);
        if (share === 0 || share === 1) expect(delta).toBe(share === 1 ? x.data[at % 40] - absent : 0);
        else expect(delta).toBeCloseTo(share * (x.data[at % 40] - absent), 12);
      });
    });

    it('has no draws beyond its count', () => {
      const count = p.count?.(shape);
      if (count === undefined) expect(p(x, key(0), 1e9, 1e9 + 1).inputs.shape[0]).toBe(1);
      else expect(() => p(x, key(0), count, count + 1)).toThrow(`${count}..${count + 1}`);
      expect(() => p(x, key(0), 2, 1)).toThrow('0 <= from <= to');
    });

    it('is exhaustive only where it has a count and was not stored', () => {
      expect(p.exhaustive === true).toBe(p.count !== undefined && !STORED.test(p.expression));
    });

    it('with a fixed design has the same masks, or deltas, for every input and key', () => {
      if (!p.inputIndependent) return;
      const rowsOf = ({ masks, deltas }: Draws) => masks?.dense() ?? deltas;
      const here = p(x, key(1), 0, most);
      // A stored input fits one x only; stored deltas and masks fit all.
      const there = p(p === withInputs ? x : randomTensor(shape, 77), key(2), 0, most);
      expect(rowsOf(there)).toEqual(rowsOf(here));
      expect(there.weights).toEqual(here.weights);
    });

    it('with the promise to be additive has the same deltas and weights for every input', () => {
      const [here, there] = [x, randomTensor(shape, 77)].map((at) =>
        p.additive === true ? p(at, key(1), 0, most) : undefined,
      );
      if (here === undefined || there === undefined) return;
      const off = here.deltas.data.map((delta, at) => Math.abs(delta - there.deltas.data[at]));
      expect(Math.max(0, ...off)).toBeLessThan(1e-12);
      const weights = there.weights ?? [];
      expect(weights).toHaveLength(here.weights?.length ?? 0);
      for (const [at, weight] of weights.entries())
        expect(weight).toBeCloseTo(here.weights?.[at] ?? Number.NaN, 12);
    });

    it('depends on the key unless there is a number of draws that are all taken', () => {
      const [a, b] = [p(x, key(1), 0, most), p(x, key(2), 0, most)];
      if (p.count === undefined) expect(a.deltas).not.toEqual(b.deltas);
      else expectSame(a, b);
    });
  },
);

describe('moments', () => {
  const n = 4000;
  const one = randomTensor([6], 5);
  const statistics = (p: Perturbation) => {
    const { deltas } = p(one, key(8), 0, n);
    const column = (j: number) => Array.from({ length: n }, (_, i) => deltas.data[i * 6 + j]);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    return [0, 5].map((j) => {
      const m = mean(column(j));
      return { j, mean: m, variance: mean(column(j).map((v) => (v - m) ** 2)) };
    });
  };
  const expectMoments = (p: Perturbation, mean: (v: number) => number, variance: (v: number) => number) => {
    for (const got of statistics(p)) {
      const value = one.data[got.j];
      expect(Math.abs(got.mean - mean(value))).toBeLessThan(5 * Math.sqrt(variance(value) / n));
      expect(got.variance / variance(value)).toBeGreaterThan(0.85);
      expect(got.variance / variance(value)).toBeLessThan(1.15);
    }
  };

  it('gaussian: mean 0, variance sigma²', () => {
    expectMoments(
      gaussian({ sigma: 0.3 }),
      () => 0,
      () => 0.09,
    );
  });

  it('uniform in a box: mean 0, variance radius²/3, never outside', () => {
    const p = uniform({ radius: 0.3 });
    expectMoments(
      p,
      () => 0,
      () => 0.03,
    );
    expect(norm(p(one, key(8), 0, n).deltas, 'linf')).toBeLessThanOrEqual(0.3);
  });

  it('uniform in the l2 ball: mean 0, variance radius²/(d + 2), (norm/radius)^d uniform', () => {
    const p = uniform({ radius: 0.3, ball: 'l2' });
    expectMoments(
      p,
      () => 0,
      () => 0.09 / 8,
    );
    const { deltas } = p(one, key(8), 0, n);
    const volumes = Array.from({ length: n }, (_, i) => (norm(row(deltas, i), 'l2') / 0.3) ** 6).sort(
      (a, b) => a - b,
    );
    const gap = Math.max(...volumes.map((v, i) => Math.abs(v - (i + 0.5) / n)));
    expect(volumes[n - 1]).toBeLessThanOrEqual(1 + 1e-12);
    expect(gap * Math.sqrt(n)).toBeLessThan(1.95);
  });

  it('noisy baseline: mean x - baseline, variance sigma²', () => {
    expectMoments(
      noisyBaseline({ sigma: 0.3, baseline: 2 }),
      (v) => v - 2,
      () => 0.09,
    );
  });

  it('noisy baseline of the other distributions: uniform within sigma, normal numbers within limit·sigma', () => {
    expectMoments(
      noisyBaseline({ sigma: 0.3, baseline: 2, distribution: 'uniform' }),
      (v) => v - 2,
      () => 0.03,
    );
    // Variance of standard normals within 1: 1 - 2·φ(1)/(Φ(1) - Φ(-1)).
    const variance = 1 - (2 * Math.exp(-0.5)) / Math.sqrt(2 * Math.PI) / 0.6826894921370859;
    for (const p of [
      noisyBaseline({ sigma: 0.3, baseline: 2, distribution: 'truncated', limit: 1 }),
      truncatedNormal({ sigma: 0.3, limit: 1 }),
    ]) {
      expectMoments(
        p,
        (v) => (p.expression.startsWith('noisy') ? v - 2 : 0),
        () => 0.09 * variance,
      );
    }
    expect(
      norm(truncatedNormal({ sigma: 0.3, limit: 1 })(one, key(8), 0, n).deltas, 'linf'),
    ).toBeLessThanOrEqual(0.3 + 1e-12);
  });

  it('noisy baseline clipped to [0, 1]: the half-normal of the authors, half of the pixels exactly 0', () => {
    const { inputs } = noisyBaseline({ sigma: 0.2, clip: [0, 1] })(one, key(8), 0, n);
    const zero = inputs.data.filter((value) => value === 0).length / inputs.data.length;
    const mean = Float64Array.from(inputs.data).reduce((a, b) => a + b, 0) / inputs.data.length;
    expect(Math.abs(zero - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / (6 * n)));
    expect(mean).toBeCloseTo(0.2 / Math.sqrt(2 * Math.PI), 2);
    expect(Math.min(...inputs.data)).toBe(0);
    expect(Math.max(...inputs.data)).toBeLessThanOrEqual(1);
  });

  it('subset: each feature removed with the probability', () => {
    const p = 0.2;
    expectMoments(
      subset({ probability: p }),
      (v) => p * v,
      (v) => p * (1 - p) * v * v,
    );
  });
});

describe('subset of features', () => {
  const x = randomTensor([2, 3, 4], 3);

  it('removes whole pixels or whole cells, and each of them in about the share of draws asked for', () => {
    const cases = [
      [subset({ features: 'pixels', probability: 0.3 }), pixelFeatures(x.shape, 'chw')],
      [subset({ features: 'pixels', probability: 0.3, layout: 'hwc' }), pixelFeatures(x.shape, 'hwc')],
      [subset({ features: 2, probability: 0.3 }), gridFeatures(x.shape, { layout: 'chw', cell: 2 })],
    ] as const;
    for (const [p, { count, of }] of cases) {
      const n = 2000;
      const masks = p(x, key(1), 0, n).masks?.dense().data ?? new Float64Array();
      const removed = new Float64Array(count);
      for (let i = 0; i < n; i++) {
        const mask = masks.subarray(i * x.data.length, (i + 1) * x.data.length);
        const first = new Map(Array.from(of, (feature, j) => [feature, mask[j]]));
        expect(Array.from(mask)).toEqual(Array.from(of, (feature) => first.get(feature)));
        for (const [feature, gone] of first) removed[feature] += gone;
      }
      const error = Math.sqrt((0.3 * 0.7) / n);
      for (const times of removed) expect(Math.abs(times / n - 0.3)).toBeLessThan(5 * error);
    }
  });

  it('takes the layout of the score, which single elements do not need', () => {
    const pixels = subset({ features: 'pixels' });
    expect(perturbationOf({ layout: 'hwc' }, pixels).expression).toBe('subset(features=pixels, layout=hwc)');
    expect(perturbationOf({ layout: 'hwc' }, subset()).expression).toBe('subset');
    expect(subset({ layout: 'hwc' }).expression).toBe('subset');
  });
});

describe('square', () => {
  it('all: every side and corner once, by side, row and column, as many as the authors', async () => {
    const p = square({ sizes: [1, 10], positions: 'all' });
    expect(p.count?.([1, 28, 28])).toBe(5605);
    expect(p.count?.([3, 32, 32])).toBe(7645);
    expect(p.count?.([3, 224, 224])).toBe(481_885);
    const image = randomTensor([1, 28, 28], 1);
    const { masks } = p(image, key(0), 0, 5605);
    const dense = masks?.dense().data ?? new Float64Array();
    const seen = new Set(
      Array.from({ length: 5605 }, (_, i) => dense.subarray(i * 784, (i + 1) * 784).join('')),
    );
    expect(seen.size).toBe(5605);
    expect(masks?.n).toBe(5605);
  });

  it('all: enumerates in the stated order', () => {
    const { inputs } = square({ sizes: [1, 2], positions: 'all' })(
      tensor([1, 2, 3, 4], [2, 2]),
      key(0),
      0,
      5,
    );
    expect(Array.from({ length: 5 }, (_, i) => Array.from(row(inputs, i).data))).toEqual([
      [0, 2, 3, 4],
      [1, 0, 3, 4],
      [1, 2, 0, 4],
      [1, 2, 3, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('all: corners are multiples of the stride, squares inside', () => {
    const p = square({ size: 2, positions: 'all', stride: 2 });
    expect(p.count?.([5, 4])).toBe(4);
    const { masks } = p(randomTensor([5, 4], 1), key(0), 0, 4);
    expect(Array.from(masks?.dense().data.subarray(0, 20) ?? [])).toEqual([
      1,
      1,
      0,
      0,
      1,
      1,
      ...new Array(14).fill(0),
    ]);
  });

  it('random: reaches every side and corner equally often for one side', () => {
    const { masks } = square({ size: 2 })(randomTensor([3, 4], 1), key(0), 0, 6000);
    const counts = new Map<string, number>();
    const dense = masks?.dense().data ?? new Float64Array();
    for (let i = 0; i < 6000; i++) {
      const shown = dense.subarray(i * 12, (i + 1) * 12).join('');
      counts.set(shown, (counts.get(shown) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi).toBeLessThan(20.5); // 99.9 % of chi-squared with 5 degrees of freedom
  });

  it('removes the same pixels of all channels in both layouts', () => {
    const chw = square({ size: 2, positions: 'all' })(
      tensor(new Float64Array(24).fill(1), [2, 3, 4]),
      key(0),
      0,
      6,
    );
    const hwc = square({ size: 2, positions: 'all', layout: 'hwc' })(
      tensor(new Float64Array(24).fill(1), [3, 4, 2]),
      key(0),
      0,
      6,
    );
    for (let i = 0; i < 6; i++) {
      for (let c = 0; c < 2; c++) {
        for (let pixel = 0; pixel < 12; pixel++) {
          expect(row(hwc.inputs, i).data[pixel * 2 + c]).toBe(row(chw.inputs, i).data[c * 12 + pixel]);
        }
      }
    }
  });

  /** Channel, row and column of each element of 2 channels of 1 or 3 rows and 4 columns. */
  const places: Readonly<Record<Layout, { shape: Shape; at(i: number): readonly number[] }>> = {
    chw: { shape: [2, 3, 4], at: (i) => [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4] },
    hwc: { shape: [3, 4, 2], at: (i) => [i % 2, Math.floor(i / 8), Math.floor(i / 2) % 4] },
    cw: { shape: [2, 4], at: (i) => [Math.floor(i / 4), 0, i % 4] },
    wc: { shape: [4, 2], at: (i) => [i % 2, 0, Math.floor(i / 2)] },
  };

  it.each(Object.entries(places))(
    '%s: removes all channels of a square of positions, and nothing else',
    (layout, { shape, at }) => {
      const p = square({ size: 2 }).inLayout?.(layout as Layout) ?? square({ size: 2 });
      const { inputs, masks } = p(tensor(new Float64Array(sizeOf(shape)).fill(1), shape), key(3), 0, 40);
      const rowsHigh = shape.length === 3 ? 2 : 1;
      for (let i = 0; i < 40; i++) {
        const removed = [...row(inputs, i).data.keys()].filter((j) => row(inputs, i).data[j] === 0).map(at);
        const [top, left] = [1, 2].map((axis) => Math.min(...removed.map((place) => place[axis])));
        const expected = [...Array(sizeOf(shape)).keys()]
          .map(at)
          .filter(([, y, x]) => y >= top && y < top + rowsHigh && x >= left && x < left + 2);
        expect(removed).toEqual(expected);
        expect(removed).toHaveLength(2 * rowsHigh * 2);
      }
      const dense = masks?.dense().data ?? [];
      expect(Array.from(inputs.data)).toEqual(Array.from(dense, (hidden) => 1 - hidden));
    },
  );

  it('takes the layout of a score where it has none of its own, and the same draws as with it written out', () => {
    const open = square({ size: 2, baseline: 0.5 });
    expect(open.expression).toBe('square(size=2, baseline=0.5)');
    const settled = perturbationOf({ layout: 'hwc' }, open);
    expect(settled.expression).toBe('square(size=2, baseline=0.5, layout=hwc)');
    expect(perturbationOf({ layout: 'chw' }, settled)).toBe(settled);
    expect(perturbationOf({}, open)).toBe(open);
    const pixels = randomTensor([5, 6, 3], 4);
    const written = square({ size: 2, baseline: 0.5, layout: 'hwc' });
    expectSame(settled(pixels, key(1), 0, 9), written(pixels, key(1), 0, 9));
    expect(perturbationOf({ layout: 'hwc' }, gaussian({ sigma: 1 })).expression).toBe('gaussian(sigma=1)');
  });

  it('draws the same squares in every layout', () => {
    const [front, back] = [tensor(new Float64Array(60), [3, 4, 5]), tensor(new Float64Array(60), [4, 5, 3])];
    const weights = tensor(
      Float64Array.from({ length: 60 }, (_, i) => i % 20),
      [3, 4, 5],
    );
    const turned = tensor(
      Float64Array.from({ length: 60 }, (_, i) => Math.floor(i / 3)),
      [4, 5, 3],
    );
    const sums = (x: Tensor, layout: Layout, v: Tensor) =>
      square({ sizes: [1, 3], layout })(x, key(8), 0, 30).masks?.times(v);
    expect(sums(back, 'hwc', turned)).toEqual(sums(front, 'chw', weights));
  });

  it('refuses layouts with another number of axes, and volumes with channels at the end', () => {
    for (const [layout, shape] of [
      ['hwc', [4, 5]],
      ['cw', [2, 4, 5]],
      ['hwc', [4, 5, 6, 2]],
    ] as const) {
      const refusal = expect.objectContaining({ code: 'not-applicable' });
      expect(() => square({ size: 1, layout })(randomTensor(shape, 1), key(0), 0, 1)).toThrow(refusal);
    }
  });

  it('refuses squares larger than the image, naming both, and inputs that are no image', () => {
    expect(() => square({ sizes: [3, 9] })(x, key(0), 0, 1)).toThrow(
      /side at most 4 for an input of shape \[2, 4, 5\], got side 9/,
    );
    expect(() => square({ size: 9 })(x, key(0), 0, 1)).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
    expect(() => square({ size: 2 })(randomTensor([8], 1), key(0), 0, 1)).toThrow(/height, width/);
    expect(() => square({})).toThrow('either size or sizes');
    expect(() => square({ size: 1, sizes: [1, 2] })).toThrow('either size or sizes');
    expect(() => square({ sizes: [3, 2] })).toThrow(/least, greatest/);
  });

  it('has masks whose products are areas of overlap', async () => {
    const { masks } = square({ size: 2, positions: 'all' })(x, key(0), 0, 2);
    expect((await masks?.inner(masks, plainProducts))?.data).toEqual(Float64Array.of(8, 4, 4, 8));
  });
});

describe('fixed', () => {
  it('takes inputs as they are, and makes them when there are none', () => {
    expect(fixed(stored, storedInputs)(x, key(0), 2, 4).inputs).toEqual(rows(storedInputs, 2, 4));
    expect(fixed(stored)(x, key(0), 2, 4).inputs).toEqual(rows(storedInputs, 2, 4));
  });

  it('refuses inputs that are not x - deltas: masks given as deltas', () => {
    expect(() => fixed(removedElements, storedInputs)(x, key(0), 0, 4)).toThrow(
      /expected inputs \+ deltas = x/,
    );
  });

  it('refuses other shapes', () => {
    expect(() => fixed(stored, rows(storedInputs, 0, 3))).toThrow(
      /shape \[12, 2, 4, 5\], got \[3, 2, 4, 5\]/,
    );
    expect(() => fixed(stored)(randomTensor([40], 1), key(0), 0, 1)).toThrow(/shape \[2, 4, 5\], got \[40\]/);
  });
});

describe('options', () => {
  it('make the same perturbation from the table and from the factory, with one expression', () => {
    const made = perturbations['noisy-baseline'].make({ sigma: 0.2, clip: [0, 1] });
    expect(made.expression).toBe('noisy-baseline(sigma=0.2, clip=[0,1])');
    expectSame(made(x, key(0), 0, 3), noisyBaseline({ sigma: 0.2, clip: [0, 1] })(x, key(0), 0, 3));
    expect(perturbations.square.make({ sizes: [1, 10], positions: 'all' }).expression).toBe(
      'square(sizes=[1,10], positions=all)',
    );
    expect(perturbations.subset.make({}).expression).toBe('subset');
  });

  it('that are unknown or wrong are refused by name', () => {
    expect(() => perturbations.gaussian.make({ sigma: 1, mean: 0 })).toThrow('gaussian(mean)');
    expect(() => gaussian({ sigma: 0 })).toThrow('gaussian(sigma): expected a positive number, got 0');
    expect(() => noisyBaseline({ sigma: 1, clip: [1, 0] })).toThrow('low < high');
    expect(() => subset({ probability: 1 })).toThrow('between 0 and 1');
  });

  it('a baseline must go into the shape of the input', () => {
    const wrong = randomTensor([40], 1);
    for (const p of [
      subset({ baseline: wrong }),
      differenceToBaseline({ baseline: wrong }),
      noisyBaseline({ sigma: 1, baseline: wrong }),
    ]) {
      expect(() => p(x, key(0), 0, 1)).toThrow(
        'expected shape [2, 4, 5], or one that is repeated to it, got [40]',
      );
    }
  });

  it('a tensor shows as its shape and fingerprint, or as the file it came from', () => {
    expect(subset({ baseline }).expression).toMatch(/^subset\(baseline=tensor\(2x4x5, [0-9a-f]{8}\)\)$/);
    const read = { ...baseline, expression: 'mean.npy' };
    expect(subset({ baseline: read }).expression).toBe('subset(baseline=mean.npy)');
  });
});
