import { describe, expect, it } from 'vitest';
import { fold, key } from '../random/key.js';
import { stream } from '../random/stream.js';
import type { NormOrder } from '../tensor/norm.js';
import { isInBall, projectOntoBall } from './ball.js';
import { fillUniformInBall, fillUniformOnSphere } from './draw.js';
import { furthestAlong } from './furthest.js';

const norms: readonly NormOrder[] = ['l1', 1.1, 1.5, 'l2', 3, 20, 'linf'];
/** The norm by its definition. */
const sizeOf = (v: ArrayLike<number>, order: NormOrder): number => {
  const sizes = Array.from(v, Math.abs);
  const p = typeof order === 'number' ? order : { l1: 1, l2: 2, linf: Number.POSITIVE_INFINITY }[order];
  if (p === Number.POSITIVE_INFINITY) return Math.max(...sizes);
  return sizes.reduce((total, size) => total + size ** p, 0) ** (1 / p);
};
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a, (v, i) => v - b[i]));

describe.each(norms)('the %s ball', (norm) => {
  const radius = 0.7;
  const ball = { norm, radius };

  it('keeps its own points, and projects others to a point that no point of the ball is nearer than', () => {
    const random = stream(key(3));
    for (let round = 0; round < 40; round++) {
      const point = new Float64Array(4);
      random.fillNormal(point);
      const projected = Float64Array.from(point);
      projectOntoBall(projected, ball);
      if (sizeOf(point, norm) <= radius) expect(projected).toEqual(point);
      expect(sizeOf(projected, norm)).toBeLessThanOrEqual(radius * (1 + 1e-12));
      expect(isInBall(projected, ball)).toBe(true);
      // The definition: no other point of the ball is nearer, those close to the projection among them.
      for (let other = 0; other < 200; other++) {
        const q = new Float64Array(4);
        random.fillNormal(q);
        const near = q.map((v, i) => projected[i] + 0.05 * v);
        for (const candidate of [q, near]) {
          const scale = Math.min(1, radius / sizeOf(candidate, norm));
          const inside = candidate.map((v) => v * scale);
          expect(distance(inside, point)).toBeGreaterThanOrEqual(distance(projected, point) - 1e-9);
        }
      }
    }
  });

  it('has draws that are uniform by volume: a ball of a share s of the radius holds s^d of them, each orthant as many', () => {
    const [n, d] = [8000, 3];
    const counts = { half: 0, positive: 0, first: 0 };
    for (let i = 0; i < n; i++) {
      const point = new Float64Array(d);
      fillUniformInBall(stream(fold(key(5), i)), point, ball);
      const size = sizeOf(point, norm) / radius;
      expect(size).toBeLessThanOrEqual(1 + 1e-12);
      if (size < 0.8) counts.half++;
      if (point.every((v) => v > 0)) counts.positive++;
      if (Math.abs(point[0]) > Math.abs(point[1])) counts.first++;
    }
    const within = (count: number, p: number) =>
      expect(Math.abs(count / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
    within(counts.half, 0.8 ** d);
    within(counts.positive, 1 / 2 ** d);
    within(counts.first, 1 / 2);
  });

  it('has draws that are uniform where points of the surrounding box are kept that lie in it', () => {
    const [n, d] = [6000, 2];
    const random = stream(key(8));
    const moments = (draw: () => Float64Array) => {
      const all = Array.from({ length: n }, draw);
      const mean = (of: (p: Float64Array) => number) => all.reduce((sum, p) => sum + of(p), 0) / n;
      return [mean((p) => p[0] ** 2), mean((p) => Math.abs(p[0] * p[1])), mean((p) => p[0] ** 4)];
    };
    const kept = moments(() => {
      for (;;) {
        const p = Float64Array.from({ length: d }, () => radius * (2 * random.uniform() - 1));
        if (sizeOf(p, norm) <= radius) return p;
      }
    });
    const drawn = moments(() => {
      const p = new Float64Array(d);
      fillUniformInBall(random, p, ball);
      return p;
    });
    // Each is a mean of 6000 numbers between 0 and radius², whose standard deviation is at most half of that.
    drawn.forEach((value, i) => {
      expect(Math.abs(value - kept[i])).toBeLessThan((4 * Math.SQRT2 * radius ** 2) / 2 / Math.sqrt(n));
    });
  });

  it('projects points that are huge, tiny or almost in the ball without losing the radius', () => {
    const random = stream(key(4));
    for (const scale of [1e100, 1e6, 0.71, 1e-3]) {
      const point = new Float64Array(50);
      random.fillNormal(point);
      const before = sizeOf(point, norm);
      const r = radius * (scale < 1 ? (0.999 * before) / radius : 1);
      const projected = Float64Array.from(point, (v) => (scale < 1 ? v : v * scale));
      projectOntoBall(projected, { norm, radius: r });
      expect(sizeOf(projected, norm) / r).toBeCloseTo(1, 11);
    }
  });

  it('has a point furthest along a direction, which none of its other points goes beyond', () => {
    const random = stream(key(6));
    for (let round = 0; round < 20; round++) {
      const direction = new Float64Array(4);
      random.fillNormal(direction);
      if (round === 0) direction[2] = 0;
      const along = (point: ArrayLike<number>) => direction.reduce((sum, v, i) => sum + v * point[i], 0);
      const furthest = furthestAlong(direction, ball);
      expect(sizeOf(furthest, norm) / radius).toBeCloseTo(1, 12);
      for (let other = 0; other < 200; other++) {
        const point = new Float64Array(4);
        random.fillNormal(point);
        const near = other % 2 === 0 ? point : point.map((v, i) => furthest[i] + 0.05 * v);
        const scale = radius / sizeOf(near, norm);
        expect(along(near.map((v) => v * scale))).toBeLessThanOrEqual(along(furthest) * (1 + 1e-12));
      }
    }
    expect(furthestAlong([0, 0], ball)).toEqual(new Float64Array(2));
  });

  it('refuses a radius that is not one, and points that are not finite', () => {
    expect(() => projectOntoBall(Float64Array.of(1, Number.NaN), ball)).toThrow(
      expect.objectContaining({ code: 'non-finite' }),
    );
    for (const radius of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => projectOntoBall(new Float64Array(2), { norm, radius })).toThrow(
        expect.objectContaining({ code: 'option-value' }),
      );
    }
  });
});

it('draws on the sphere have length 1 and the mean 0', () => {
  const n = 4000;
  const sums = new Float64Array(3);
  for (let i = 0; i < n; i++) {
    const point = new Float64Array(3);
    fillUniformOnSphere(stream(fold(key(9), i)), point);
    expect(Math.hypot(...point)).toBeCloseTo(1, 12);
    for (let j = 0; j < 3; j++) sums[j] += point[j];
  }
  for (const sum of sums) expect(Math.abs(sum / n)).toBeLessThan(4 * Math.sqrt(1 / 3 / n));
});
