import {
  type Attribution,
  asBatch,
  type Explainer,
  functionScore,
  gaussian,
  key,
  type Metric,
  named,
  norm,
  quadraticScore,
  row,
  type Score,
  type Subject,
  subtract,
  type Tensor,
  tensor,
  toFloat64,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { sensitivityLipschitz } from './sensitivity-lipschitz.js';
import { sensitivityMax } from './sensitivity-max.js';

const d = 12;
const seed = key(8);
const normals = normalsOf(seed);
const x = normals('x', [d]);

/** The gradient, which counts how often and where it was made. */
function counted(visited: Tensor[]): Explainer {
  const explain = async (f: Score, at: Tensor, k: typeof seed): Promise<Attribution> => {
    visited.push(at);
    const values = toFloat64(row(await f.gradient(asBatch(at)), 0));
    return { values, kind: 'local', method: 'slope', key: k, cost: { forward: 0, backward: 1 } };
  };
  return named(explain, { expression: 'slope', kind: 'local' as const });
}

async function numberOf(metric: Metric, f: Score, visited: Tensor[] = []): Promise<number> {
  const explain = counted(visited);
  const attribution = await explain(f, x, seed);
  visited.length = 0;
  const subject: Subject = { f, x, explain, attribution };
  const { estimate } = await metric.measure(subject, seed);
  return estimate.kind === 'bound' ? estimate.value : Number.NaN;
}

/** A quadratic score whose Hessian is diagonal: the maxima over the balls are known. */
const eigenvalues = Array.from(
  { length: d },
  (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + i / 4) * (i === d - 1 ? 2 : 1),
);
const diagonal = tensor(
  Array.from({ length: d * d }, (_, at) => (Math.floor(at / d) === at % d ? eigenvalues[at % d] : 0)),
  [d, d],
);
const quadratic = quadraticScore(diagonal, normals('w', [d]));
const hessianOf = (f: Score) => async (v: number[]) => {
  const moved = tensor(
    x.data.map((value, i) => value + v[i]),
    [d],
  );
  const [there, here] = [await f.gradient(asBatch(moved)), await f.gradient(asBatch(x))];
  return norm(subtract(toFloat64(there), toFloat64(here)), 'l2');
};
const radius = 0.3;

describe('an ascent', () => {
  it('reaches the maximum over the l2 ball of a quadratic score, the radius times the largest eigenvalue, to 1 %', async () => {
    const unit = Array.from({ length: d }, (_, i) => (i === d - 1 ? radius : 0));
    const truth = await hessianOf(quadratic)(unit);
    const found = await numberOf(sensitivityMax({ radius, search: 'ascent' }), quadratic);
    expect(found).toBeLessThanOrEqual(truth * (1 + 1e-9));
    expect(found).toBeGreaterThan(0.99 * truth);
  });

  it('finds the corner of the box that is the maximum of a diagonal Hessian exactly', async () => {
    const truth = await hessianOf(quadratic)(Array.from({ length: d }, () => radius));
    const found = await numberOf(sensitivityMax({ radius, ball: 'linf', search: 'ascent' }), quadratic);
    expect(found / truth).toBeCloseTo(1, 9);
  });

  it.each(['l2', 'linf'] as const)(
    'finds more than as many draws in the %s ball of a score whose gradient jumps at kinks',
    async (ball) => {
      const weights = normals('layer', [40, d]).data;
      const [bias, top] = [normals('bias', [40]).data, normals('top', [40]).data];
      const inner = (at: Tensor, unit: number) =>
        Array.from(at.data).reduce((sum, value, i) => sum + value * weights[unit * d + i], 0.3 * bias[unit]);
      const f = functionScore({
        shape: [d],
        value: (at) => [...top].reduce((sum, t, unit) => sum + t * Math.max(0, inner(at, unit)), 0),
        gradient: (at) => {
          const on = [...top].map((t, unit) => (inner(at, unit) > 0 ? t : 0));
          return tensor(
            Array.from({ length: d }, (_, i) => on.reduce((sum, t, u) => sum + t * weights[u * d + i], 0)),
            [d],
          );
        },
      });
      const drawn = await numberOf(sensitivityMax({ radius, ball }), f);
      expect(await numberOf(sensitivityMax({ radius, ball, search: 'ascent' }), f)).toBeGreaterThan(drawn);
    },
  );

  it('makes as many explanations as its estimate counts, at most as many as draws', async () => {
    for (const draws of [1, 2, 5, 50, 120]) {
      const visited: Tensor[] = [];
      const explain = counted(visited);
      const attribution = await explain(quadratic, x, seed);
      visited.length = 0;
      const { estimate } = await sensitivityMax({ draws, search: 'ascent' }).measure(
        { f: quadratic, x, explain, attribution },
        seed,
      );
      expect(estimate).toMatchObject({ n: visited.length });
      expect(visited.length).toBeLessThanOrEqual(draws);
      expect(visited.length).toBeGreaterThan(draws - 3);
    }
  });

  it('measures at points of the ball only', async () => {
    for (const ball of ['l2', 'linf'] as const) {
      const visited: Tensor[] = [];
      await numberOf(sensitivityMax({ radius, ball, search: 'ascent', draws: 49 }), quadratic, visited);
      // 10 draws, then 13 steps: two explanations beside a point, one at the next.
      const measured = visited.filter((_, i) => i < 10 || i % 3 === 0);
      expect(visited).toHaveLength(49);
      const norms = measured.map((at) => norm(subtract(at, x), ball));
      expect(Math.max(...norms)).toBeLessThanOrEqual(radius * (1 + 1e-9));
    }
  });

  it('sees steeper jumps the nearer to a kink its points are: the Lipschitz estimate is above that of the surface', async () => {
    const f = functionScore({
      shape: [d],
      value: ({ data }) => Math.abs(data[0] - x.data[0] - 0.01),
      gradient: ({ data }) =>
        tensor(
          Array.from({ length: d }, (_, i) => (i === 0 ? Math.sign(data[0] - x.data[0] - 0.01) : 0)),
          [d],
        ),
    });
    // The gradient jumps by 2 at a distance of 0.01 from x; the nearest points of the ascent are at 1/8 of the radius.
    const found = await numberOf(sensitivityLipschitz({ radius, search: 'ascent' }), f);
    expect(found).toBeCloseTo(2 / (radius / 8), 6);
  });

  it('is 0 for an explanation that is the same everywhere, of which no direction is uphill', async () => {
    const flat = functionScore({
      shape: [d],
      value: () => 1,
      gradient: () => tensor(new Float64Array(d), [d]),
    });
    expect(await numberOf(sensitivityMax({ radius, search: 'ascent', draws: 20 }), flat)).toBe(0);
  });

  it('is at least what its own draws find', async () => {
    for (const draws of [5, 10, 30]) {
      const drawn = await numberOf(sensitivityMax({ radius, draws: draws / 5 }), quadratic);
      const searched = await numberOf(sensitivityMax({ radius, draws, search: 'ascent' }), quadratic);
      expect(searched).toBeGreaterThanOrEqual(drawn);
    }
  });

  it('is refused among the draws of a perturbation', () => {
    expect(() => sensitivityMax({ perturbation: gaussian({ sigma: 1 }), search: 'ascent' })).toThrow(
      expect.objectContaining({ code: 'option-value', message: expect.stringContaining('radius and ball') }),
    );
  });
});
