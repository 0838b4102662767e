import {
  type Attack,
  defineAttack,
  type Found,
  fold,
  full,
  functionScore,
  key,
  linearClassifier,
  type Norm,
  plainProducts,
  row,
  stream,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { pilotsOf } from './pilots.js';
import { robustnessAt } from './robustness.js';
import { nearestPoints, startPointsAt } from './start-points.js';

const seed = key(3);

describe('the nearest point of a set', () => {
  /** A curved margin of four elements, two of which are at a bound, and three features. */
  const margin = functionScore({
    shape: [4],
    value: ({ data: [a, b, c, d] }) => 1 + a * b - c * c + 2 * d - a,
    gradient: ({ data: [a, b, c] }) => tensor([b - 1, a, -2 * c, 2], [4]),
    bounds: [0, 1],
  });
  const x = tensor([0, 0.3, 0.5, 1], [4]);
  const features = { count: 3, of: Int32Array.of(0, 1, 1, 2) };
  const random = stream(seed);
  const points = Array.from({ length: 6 }, () =>
    tensor(
      Float64Array.from({ length: 4 }, () => random.uniform()),
      [4],
    ),
  );
  const sets = Array.from({ length: 8 }, (_, set) => [set & 1, (set >> 1) & 1, (set >> 2) & 1]);
  const place = { margin, x, features, products: plainProducts };

  /** From the definition: the distance to where the linear margin is 0, in the dual norm over free elements that may move. */
  async function distance(free: readonly number[], k: number, norm: Norm): Promise<number> {
    const at = tensor(points[k].data, [1, 4]);
    const [value] = await margin.value(at);
    const data = Float64Array.from((await margin.gradient(at)).data);
    const height = data.reduce((sum, v, j) => sum + v * (x.data[j] - points[k].data[j]), value);
    const moving = [...data].filter(
      (v, j) => free[features.of[j]] === 1 && (v > 0 ? x.data[j] > 0 : x.data[j] < 1),
    );
    const slope = norm === 'linf' ? moving.reduce((sum, v) => sum + Math.abs(v), 0) : Math.hypot(...moving);
    return height > 0 ? height / slope : Number.POSITIVE_INFINITY;
  }

  it.each<Norm>(['l2', 'linf'])('is the one whose linear margin is nearest in the norm %s', async (norm) => {
    const starts = await startPointsAt(place, points, norm);
    const free = Uint8Array.from(sets.flat());
    for (const barred of [-1, 2]) {
      const isAllowed = (_: number, k: number) => k !== barred;
      const found = await nearestPoints(starts, free, { products: plainProducts, isAllowed });
      for (const [i, set] of sets.entries()) {
        const distances = await Promise.all(points.map((_, k) => distance(set, k, norm)));
        const allowed = distances.map((v, k) => (k === barred ? Number.POSITIVE_INFINITY : v));
        if (Math.min(...allowed) === Number.POSITIVE_INFINITY) continue;
        expect(found[i]).toBe(points[allowed.indexOf(Math.min(...allowed))]);
      }
    }
  });
});

it('one of each hundred sets is a pilot, at most 48, and none of fewer than 400 sets', () => {
  const numbered = (n: number) => Uint8Array.from({ length: n }, (_, i) => i % 251);
  expect(pilotsOf(numbered(399), 1)).toHaveLength(0);
  expect([...pilotsOf(numbered(400), 1)]).toEqual([0, 100, 200, 300 % 251]);
  expect(pilotsOf(numbered(5000 * 2), 2)).toHaveLength(96);
  expect(pilotsOf(numbered(2000), 2)).toHaveLength(20);
});

describe('an attack that sees only the boundary near its start', () => {
  const d = 9;
  /** Margins over two other classes: one is moved by the first features, the other by the last. */
  const slopes = [
    [1, 2, 1.5, 1, 0.4, 0.1, 0.1, 0.05, 0.1],
    [0.1, 0.05, 0.1, 0.1, 0.5, 1.2, 1, 2, 1.4],
  ];
  const heights = [2, 2.2];
  const f = linearClassifier(
    tensor([...zeros([d]).data, ...slopes.flat().map((v) => -v)], [3, d]),
    tensor([0, ...heights.map((v) => -v)], [3]),
    { target: 0 },
  );
  const x = full([d], 0);
  const lengthOf = (slope: ArrayLike<number>, free: Uint8Array) =>
    Math.hypot(...Array.from(slope, (v, j) => (free[j] ? v : 0)));
  const distanceOf = (free: Uint8Array) =>
    Math.min(...slopes.map((slope, k) => heights[k] / lengthOf(slope, free)));

  /** Goes to the plane that is nearest to the set where it has no start, and else to the plane of the start. */
  const attack: Attack = defineAttack({
    name: 'near-start',
    summary: 'Exact for one plane.',
    options: {},
    make: () => ({
      norm: 'l2',
      async search(margin, _, { free: marks, starts, input }) {
        const seen = starts && (await margin.gradient(starts));
        return Array.from(input, (_set, i): Found => {
          const free = marks.subarray(i * d, (i + 1) * d);
          const own = seen && row(seen, i).data;
          const k = own
            ? slopes.findIndex(([first]) => Math.abs(first - Math.abs(own[0])) < 1e-6)
            : slopes.findIndex((slope, at) => heights[at] / lengthOf(slope, free) === distanceOf(free));
          const square = lengthOf(slopes[k], free) ** 2;
          const cost = { forward: 0, backward: i === 0 && starts ? input.length : 0 };
          if (square === 0) return { above: Number.POSITIVE_INFINITY, n: 1, cost };
          const factor = (-heights[k] * (1 + 1e-9)) / square;
          const point = tensor(
            Float64Array.from(slopes[k], (v, j) => (free[j] ? factor * v : 0)),
            [d],
          );
          return { point, n: 1, cost };
        });
      },
    }),
  })();

  it('meets the nearest boundary of every set of a few hundred, because pilots know them all', async () => {
    const settings = { attack, criterion: 'set', features: 'elements', preset: 'paper' } as const;
    const robustness = await robustnessAt('test', { f, x }, settings);
    const sets = Uint8Array.from(
      { length: d * (2 ** d - 1) },
      (_, i) => ((Math.floor(i / d) + 1) >> (i % d)) & 1,
    );
    const { values } = await robustness.importances(sets, fold(seed, 'attack'));
    values.forEach((value, i) => {
      expect(-value).toBeCloseTo(distanceOf(sets.subarray(i * d, (i + 1) * d)), 6);
    });
  });

  it('meets one boundary only where there are too few sets for pilots', async () => {
    const settings = { attack, criterion: 'set', features: 'elements', preset: 'paper' } as const;
    const robustness = await robustnessAt('test', { f, x }, settings);
    const sets = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    const { values } = await robustness.importances(sets, fold(seed, 'attack'));
    const misses = [0, 1].filter((i) => -values[i] > 1.01 * distanceOf(sets.subarray(i * d, (i + 1) * d)));
    expect(misses).toHaveLength(1);
  });
});
