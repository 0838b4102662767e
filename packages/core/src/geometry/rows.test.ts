import { describe, expect, it } from 'vitest';
import { fold, key } from '../random/key.js';
import { type Stream, stream } from '../random/stream.js';
import { type NormOrder, norm } from '../tensor/norm.js';
import { row } from '../tensor/rows.js';
import { type Tensor, tensor, toFloat32 } from '../tensor/tensor.js';
import { projectOntoBall } from './ball.js';
import { fillUniformInBall } from './draw.js';
import { fillRowsUniform, projectRows, type RowBalls, type RowBox } from './rows.js';

const orders: readonly NormOrder[] = ['l1', 1.2, 'l2', 3.5, 'linf'];
const sizeOf = (v: ArrayLike<number>, order: NormOrder) => norm(tensor(Array.from(v), [v.length]), order);
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a, (v, i) => v - b[i]));

function expectNear(a: Tensor, b: Tensor, gap: number): void {
  for (const [i, value] of a.data.entries()) expect(Math.abs(value - b.data[i])).toBeLessThan(gap);
}

function normal(n: number, random: Stream, scale = 1): Float64Array {
  const data = new Float64Array(n);
  random.addNormal(data, scale);
  return data;
}

/** One row of a problem: nearest point to y with a norm of at most the radius, low <= point <= high. */
interface Problem {
  readonly y: ArrayLike<number>;
  readonly order: NormOrder;
  readonly radius: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/**
 * Minimises the distance by random steps of some elements, which become smaller. Candidates are clipped and then shrunk towards 0, which
 * makes them feasible.
 */
function slowProjection(
  { y, order, radius, low, high }: Problem,
  random: Stream,
  start: ArrayLike<number>,
): Float64Array {
  const feasible = (v: Float64Array) => {
    const clipped = v.map((value, j) => Math.min(high[j], Math.max(low[j], value)));
    const factor = Math.min(1, radius / sizeOf(clipped, order));
    return clipped.map((value) => value * factor);
  };
  let best = feasible(Float64Array.from(start));
  for (let step = radius; step > 1e-7; ) {
    let improved = false;
    for (let i = 0; i < 200; i++) {
      const moved = best.map((value) => (random.below(2) === 0 ? value : value + step * random.normal()));
      const candidate = feasible(moved);
      if (distance(candidate, y) < distance(best, y)) [best, improved] = [candidate, true];
    }
    if (!improved) step /= 2;
  }
  return best;
}

describe.each(orders)('projections of rows onto balls of order %s', (order) => {
  const [n, d] = [6, 4];

  it('in a box, with a radius and free elements of each row, are as near as a slow minimiser finds, and feasible', () => {
    const random = stream(key(1));
    const bounds: readonly [number, number] = [0, 1];
    const radii = Float64Array.from({ length: n }, () => 0.1 + random.uniform());
    const free = Uint8Array.from({ length: n * d }, () => (random.uniform() < 0.8 ? 1 : 0));
    const origin = tensor(
      Float64Array.from({ length: n * d }, () => random.uniform()),
      [n, d],
    );
    const rows = tensor(normal(n * d, random, 0.8), [n, d]);
    const projected = tensor(rows.data.slice(), [n, d]);
    projectRows(projected, { norm: order, radii, free }, { origin, bounds });
    for (let i = 0; i < n; i++) {
      const at = (j: number) => i * d + j;
      const each = [...Array(d).keys()];
      const problem = {
        y: row(rows, i).data,
        order,
        radius: radii[i],
        low: each.map((j) => (free[at(j)] === 0 ? 0 : bounds[0] - origin.data[at(j)])),
        high: each.map((j) => (free[at(j)] === 0 ? 0 : bounds[1] - origin.data[at(j)])),
      };
      const found = row(projected, i).data;
      expect(sizeOf(found, order)).toBeLessThanOrEqual(radii[i] * (1 + 1e-12));
      for (const j of each) {
        expect(found[j]).toBeGreaterThanOrEqual(problem.low[j]);
        expect(found[j]).toBeLessThanOrEqual(problem.high[j]);
      }
      // The problem is convex: a point that no small step improves is the nearest one.
      const reached = distance(found, problem.y);
      expect(distance(slowProjection(problem, random, found), problem.y)).toBeGreaterThan(reached - 1e-10);
      const slow = distance(slowProjection(problem, random, problem.y), problem.y);
      expect(slow).toBeGreaterThan(reached - 1e-10);
      expect(slow).toBeLessThan(reached * 1.001 + 1e-6);
    }
  });

  it('without a box and with all elements free are those of each row alone, in its type', () => {
    const random = stream(key(2));
    const rows = tensor(normal(n * d, random), [n, 2, 2]);
    const radii = [0.1, 0.5, 1, 2, 10, 0];
    const alone = radii.map((radius, i) => {
      const one = row(rows, i).data.slice();
      projectOntoBall(one, { norm: order, radius });
      return [...one];
    });
    const narrow = toFloat32(tensor(rows.data.slice(), rows.shape));
    projectRows(rows, { norm: order, radii });
    projectRows(narrow, { norm: order, radii });
    expect(radii.map((_, i) => [...row(rows, i).data])).toEqual(alone);
    expectNear(narrow, rows, 1e-6);
  });

  it('take one mask and one origin for all rows', () => {
    const random = stream(key(3));
    const free = Uint8Array.of(1, 0, 1, 1);
    const origin = tensor([0.2, 0.5, 0.9, 0], [d]);
    const bounds: readonly [number, number] = [0, 1];
    const shared = tensor(normal(n * d, random), [n, d]);
    const repeated = tensor(shared.data.slice(), [n, d]);
    const radii = new Float64Array(n).fill(0.6);
    projectRows(shared, { norm: order, radii, free }, { origin, bounds });
    projectRows(
      repeated,
      { norm: order, radii, free: Uint8Array.from({ length: n * d }, (_, i) => free[i % d]) },
      {
        origin: tensor(
          Float64Array.from({ length: n * d }, (_, i) => origin.data[i % d]),
          [n, d],
        ),
        bounds,
      },
    );
    expect(shared).toEqual(repeated);
  });

  it('leave rows that are feasible as they are, so that projecting twice is projecting once', () => {
    const random = stream(key(4));
    const rows = tensor(normal(400 * d, random), [400, d]);
    const radii = Float64Array.from({ length: 400 }, () => 2 * random.uniform());
    const box = { origin: tensor([0.5, 0.5, 0.1, 0.9], [d]), bounds: [0, 1] } as const;
    projectRows(rows, { norm: order, radii }, box);
    const again = tensor(rows.data.slice(), rows.shape);
    projectRows(again, { norm: order, radii }, box);
    expectNear(again, rows, 1e-12);
  });
});

describe.each(orders)('uniform draws of rows from balls of order %s', (order) => {
  it('are uniform by volume in the ball of the free elements, and 0 elsewhere', () => {
    const [n, d] = [4000, 5];
    const free = Uint8Array.of(1, 0, 1, 0, 1);
    const radii = Float64Array.from({ length: n }, (_, i) => 0.5 + (i % 3));
    const rows = tensor(new Float64Array(n * d).fill(7), [n, d]);
    fillRowsUniform(rows, { norm: order, radii, free }, (i) => stream(fold(key(5), i)));
    const volumes: number[] = [];
    for (let i = 0; i < n; i++) {
      const { data } = row(rows, i);
      expect([data[1], data[3]]).toEqual([0, 0]);
      volumes.push((sizeOf(data, order) / radii[i]) ** 3);
    }
    // The volume within a draw's norm is uniform in [0, 1]: the statistic of Kolmogorov and Smirnov at 0.1 %.
    volumes.sort((a, b) => a - b);
    const gap = Math.max(...volumes.map((v, i) => Math.abs(v - (i + 0.5) / n)));
    expect(gap * Math.sqrt(n)).toBeLessThan(1.95);
  });

  it('are those of each row alone where all elements are free', () => {
    const rows = tensor(new Float64Array(12), [3, 4]);
    const radii = [1, 2, 3];
    fillRowsUniform(rows, { norm: order, radii }, (i) => stream(fold(key(6), i)));
    for (const [i, radius] of radii.entries()) {
      const alone = new Float64Array(4);
      fillUniformInBall(stream(fold(key(6), i)), alone, { norm: order, radius });
      expect(row(rows, i).data).toEqual(alone);
    }
  });
});

describe('rows that do not fit are refused', () => {
  const rows = () => tensor(new Float64Array(8).fill(0.1), [2, 4]);
  const radii = [1, 1];
  const inside: RowBox = { origin: tensor([0.5, 0.5, 0.5, 0.5], [4]), bounds: [0, 1] };
  const cases: readonly (readonly [string, Tensor, RowBalls, RowBox | undefined, string])[] = [
    ['radii', rows(), { norm: 'l2', radii: [1] }, undefined, 'tensor-shape'],
    ['a negative radius', rows(), { norm: 'l2', radii: [1, -1] }, undefined, 'option-value'],
    ['an order below 1', rows(), { norm: 0.9, radii }, undefined, 'option-value'],
    ['a mask', rows(), { norm: 'l2', radii, free: new Uint8Array(5) }, undefined, 'tensor-shape'],
    ['an origin', rows(), { norm: 'l2', radii }, { ...inside, origin: tensor([1], [1]) }, 'tensor-shape'],
    ['an origin outside', rows(), { norm: 'l2', radii }, { ...inside, bounds: [0, 0.4] }, 'option-value'],
    ['NaN', tensor([Number.NaN, 1], [1, 2]), { norm: 'l2', radii: [1] }, undefined, 'non-finite'],
    ['a number', tensor([1], []), { norm: 'l2', radii: [1] }, undefined, 'tensor-shape'],
  ];
  it.each(cases)('%s', (_, given, balls, box, code) => {
    expect(() => projectRows(given, balls, box)).toThrow(expect.objectContaining({ code }));
  });
});
