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
  named,
  plainProducts,
  row,
  stream,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { pilotsOf } from './pilots.js';
import { robustnessAt } from './robustness.js';
import { nearestStarts, startPointsAt } from './start-points.js';

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

  const winners = [1, 2, 1, 3, 2, 1];
  const starts = points.map((point, k) => ({ point, norm: 1, winner: winners[k] }));
  const free = Uint8Array.from(sets.flat());

  it.each<Norm>(['l2', 'linf'])('is the one whose linear margin is nearest in the norm %s', async (norm) => {
    const known = await startPointsAt(place, starts, norm);
    for (const barred of [-1, 2]) {
      const isAllowed = (_: number, k: number) => k !== barred;
      const found = await nearestStarts(known, free, { products: plainProducts, isAllowed });
      for (const [i, set] of sets.entries()) {
        const distances = await Promise.all(points.map((_, k) => distance(set, k, norm)));
        const allowed = distances.map((v, k) => (k === barred ? Number.POSITIVE_INFINITY : v));
        expect(found[i].distance).toBeCloseTo(Math.min(...allowed), 9);
        if (Math.min(...allowed) === Number.POSITIVE_INFINITY) continue;
        expect(found[i].first).toBe(allowed.indexOf(Math.min(...allowed)));
      }
    }
  });

  it('is multiplied by the factor of its class, and the second is of another class and at most so much farther away', async () => {
    const known = await startPointsAt(place, starts, 'l2');
    const factors = new Map([
      [1, 1.5],
      [2, 0.9],
    ]);
    const seconds: number[] = [];
    for (const reach of [1.2, 3]) {
      const found = await nearestStarts(known, free, { products: plainProducts, factors, reach });
      for (const [i, set] of sets.entries()) {
        const all = await Promise.all(points.map((_, k) => distance(set, k, 'l2')));
        const scaled = all.map((v, k) => v * (factors.get(winners[k]) ?? 1));
        const least = Math.min(...scaled);
        if (least === Number.POSITIVE_INFINITY) continue;
        const first = scaled.indexOf(least);
        const others = scaled.map((v, k) => (winners[k] === winners[first] ? Number.POSITIVE_INFINITY : v));
        const next = Math.min(...others);
        expect(found[i].first).toBe(first);
        expect(found[i].second).toBe(next <= reach * least ? others.indexOf(next) : undefined);
        if (next <= reach * least) seconds.push(i);
      }
    }
    expect(seconds.length).toBeGreaterThan(0);
    expect(seconds.length).toBeLessThan(2 * sets.length);
  });
});

it('one of each hundred sets is a pilot, at most 48, and none of fewer than 400 sets', () => {
  const numbered = (n: number) => Uint8Array.from({ length: n }, (_, i) => i % 251);
  expect(pilotsOf(numbered(399), 1)).toHaveLength(0);
  expect([...pilotsOf(numbered(400), 1)]).toEqual([0, 100, 200, 300 % 251]);
  expect(pilotsOf(numbered(5000 * 2), 2)).toHaveLength(96);
  expect(pilotsOf(numbered(2000), 2)).toHaveLength(20);
});

describe('an attack that stays with the class that wins where it starts', () => {
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
  /** How much farther than the plane of each class the attack goes. */
  const excess = [1.2, 1 + 1e-9];
  const lengthOf = (slope: ArrayLike<number>, free: Uint8Array) =>
    Math.hypot(...Array.from(slope, (v, j) => (free[j] ? v : 0)));
  const distanceOf = (free: Uint8Array, k: number) => (excess[k] * heights[k]) / lengthOf(slopes[k], free);
  const leastOf = (free: Uint8Array) => Math.min(distanceOf(free, 0), distanceOf(free, 1));

  /** The point beyond the plane of a class by changes of some features alone. */
  function pointBeyond(k: number, free: Uint8Array): Found {
    const cost = { forward: 0, backward: 0 };
    const square = lengthOf(slopes[k], free) ** 2;
    if (square === 0) return { above: Number.POSITIVE_INFINITY, n: 1, cost };
    const factor = (-excess[k] * heights[k]) / square;
    const data = Float64Array.from(slopes[k], (v, j) => (free[j] ? factor * v : 0));
    return { point: tensor(data, [d]), n: 1, cost };
  }

  /** From the input it goes to the first class, from a start to the class that wins there, and with a target to that. */
  const attack: Attack = defineAttack({
    name: 'stays',
    summary: 'Exact for one plane.',
    options: {},
    make: () => ({
      norm: 'l2',
      async search({ classes }, _, { free: marks, starts, input }) {
        const numbers = starts && (await classes?.values(starts));
        return Array.from(input, (_set, i): Found => {
          const free = marks.subarray(i * d, (i + 1) * d);
          if (classes?.targeted === true) return pointBeyond(classes.target - 1, free);
          const own = numbers && row(numbers, i).data;
          return pointBeyond(own !== undefined && own[2] > own[1] ? 1 : 0, free);
        });
      },
    }),
  })();

  const settings = { attack, criterion: 'set', features: 'elements', preset: 'paper' } as const;

  it('meets the nearest boundary of every set of a few hundred, because pilots are led to each class', async () => {
    const robustness = await robustnessAt('test', { f, x }, settings);
    const sets = Uint8Array.from(
      { length: d * (2 ** d - 1) },
      (_, i) => ((Math.floor(i / d) + 1) >> (i % d)) & 1,
    );
    const { values } = await robustness.importances(sets, fold(seed, 'attack'));
    values.forEach((value, i) => {
      expect(-value).toBeCloseTo(leastOf(sets.subarray(i * d, (i + 1) * d)), 6);
    });
  });

  it('meets one boundary only where there are too few sets for pilots', async () => {
    const robustness = await robustnessAt('test', { f, x }, settings);
    const sets = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    const { values } = await robustness.importances(sets, fold(seed, 'attack'));
    const misses = [0, 1].filter((i) => -values[i] > 1.01 * leastOf(sets.subarray(i * d, (i + 1) * d)));
    expect(misses).toHaveLength(1);
  });

  it('asks for no gradient where it takes none', async () => {
    const steep = await f.with?.({ link: 'margin' });
    if (steep === undefined) throw new TypeError('a classifier has a margin');
    const refuse = () => Promise.reject(new Error('a gradient was asked for'));
    const flat = { ...steep, gradient: refuse, classes: undefined, with: undefined };
    const blind: Attack = named((...given: Parameters<Attack>) => attack(...given), {
      expression: 'blind',
      norm: 'l2' as const,
      gradients: false as const,
    });
    const sets = Uint8Array.from({ length: d * 400 }, (_, i) => ((Math.floor(i / d) + 1) >> (i % d)) & 1);
    const place = { f: { ...flat, with: async () => flat }, x };
    const robustness = await robustnessAt('test', place, { ...settings, attack: blind });
    expect((await robustness.importances(sets, fold(seed, 'attack'))).found).toBe(400);
    const steepAttack = await robustnessAt('test', place, settings);
    await expect(steepAttack.importances(sets, seed)).rejects.toThrow('a gradient was asked for');
  });

  it('attacks pilots by another attack where one is given, and the sets by its own', async () => {
    const calls = { own: 0, pilots: 0 };
    const counted = (name: 'own' | 'pilots'): Attack =>
      named(
        (...given: Parameters<Attack>) => {
          calls[name] += given[2].input.length;
          return attack(...given);
        },
        { expression: name, norm: 'l2' as const },
      );
    const given = { ...settings, attack: counted('own'), pilots: counted('pilots') };
    const robustness = await robustnessAt('test', { f, x }, given);
    const sets = Uint8Array.from({ length: d * 400 }, (_, i) => ((Math.floor(i / d) + 1) >> (i % d)) & 1);
    await robustness.importances(sets, fold(seed, 'attack'));
    expect(calls.own).toBeGreaterThanOrEqual(401);
    // Two classes, and 4 pilots: from the input, and from the points of each class three times.
    expect(calls.pilots).toBeLessThanOrEqual(2 + 4 * 7);
    expect(calls.pilots).toBeGreaterThanOrEqual(2 + 4 * 4);
  });
});
