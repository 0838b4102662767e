import {
  type Attribution,
  add,
  type Definition,
  type Explainer,
  fixed,
  fold,
  key,
  type Metric,
  named,
  norm,
  quadraticScore,
  row,
  type Score,
  type Subject,
  scale,
  stream,
  subtract,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { metrics as metricTable } from '../index.js';
import { sensitivityGradient } from './sensitivity-gradient.js';
import { sensitivityLipschitz } from './sensitivity-lipschitz.js';
import { sensitivityMax } from './sensitivity-max.js';

const shape = [2, 3];
const d = 6;
const seed = key(5);
const normals = normalsOf(seed);

const x = normals('x', shape);
const w = normals('w', shape);
const f = quadraticScore(normals('A', [d, d]), w);

/** The gradient as an explainer, with noise of a size that depends on the key only. */
function explainer(noise: number): Explainer {
  const explain = async (score: Score, at: Tensor, k: typeof seed): Promise<Attribution> => {
    const slope = row(await score.gradient({ shape: [1, ...shape], data: at.data }), 0);
    const own = zeros(shape);
    stream(k).fillNormal(own.data);
    return {
      values: add(slope, scale(own, noise)),
      kind: 'local',
      method: 'noisy',
      key: k,
      cost: { forward: 0, backward: 1 },
    };
  };
  return named(explain, { expression: 'noisy', kind: 'local' as const });
}

async function subjectOf(explain: Explainer): Promise<Subject> {
  return { f, x, explain, attribution: await explain(f, x, fold(seed, 'explain')) };
}

describe('the explainer of gradients', () => {
  const slope = async (score: Score, at: Tensor, k: typeof seed): Promise<Attribution> => ({
    values: row(await score.gradient({ shape: [1, ...shape], data: at.data }), 0),
    kind: 'local',
    method: 'slope',
    key: k,
    cost: { forward: 0, backward: 1 },
  });
  const properties = { expression: 'slope', kind: 'local' as const };
  const [single, many] = [named(slope, properties), named(slope, { ...properties, isGradient: true })];

  it.each([sensitivityMax(), sensitivityLipschitz(), sensitivityGradient({ draws: 7 })])(
    'has in %s the number that its explanations have one by one',
    async (metric) => {
      const [one, other] = await Promise.all(
        [single, many].map(
          async (explain) => (await metric.measure(await subjectOf(explain), seed)).estimate,
        ),
      );
      expect(other).toEqual(one);
    },
  );

  it('is refused where a gradient near x is not finite', async () => {
    const broken: Score = {
      ...f,
      gradient: async (batch) => {
        const slopes = await f.gradient(batch);
        const at = 3 * d + 2;
        return at < slopes.data.length ? { ...slopes, data: slopes.data.with(at, 1 / 0) } : slopes;
      },
    };
    const subject = { ...(await subjectOf(many)), f: broken };
    await expect(sensitivityMax().measure(subject, seed)).rejects.toThrow(
      'slope: expected finite attributions, got Infinity at element 2',
    );
  });
});

async function measured(metric: Metric, subject: Subject): Promise<number> {
  const { estimate: found } = await metric.measure(subject, seed);
  if (found.kind !== 'bound') throw new Error(`expected a bound, got ${found.kind}`);
  expect(found.side).toBe('lower');
  return found.value;
}

const zero = explainer(0);
const metrics: readonly Metric[] = [
  sensitivityMax(),
  sensitivityMax({ radius: 0.2, ball: 'linf', normalize: true, noise: 'fresh', draws: 13 }),
  sensitivityLipschitz({ draws: 13 }),
  sensitivityGradient({ draws: 4 }),
];

describe('every sensitivity', () => {
  for (const metric of metrics) {
    it(`${metric.expression}: is 0 for a constant explanation`, async () => {
      const constant = named(
        async (_f: Score, _x: Tensor, k: typeof seed): Promise<Attribution> => ({
          values: w,
          kind: 'local',
          method: 'constant',
          key: k,
          cost: { forward: 0, backward: 0 },
        }),
        { expression: 'constant', kind: 'local' as const },
      );
      expect(await measured(metric, await subjectOf(constant))).toBe(0);
    });

    it(`${metric.expression}: gives the same bits for the same key and other values for another`, async () => {
      const subject = await subjectOf(zero);
      const first = await metric.measure(subject, seed);
      expect(await metric.measure(subject, seed)).toEqual(first);
      expect(await metric.measure(subject, key(6))).not.toEqual(first);
    });

    it(`${metric.expression}: needs the explainer`, async () => {
      const { explain: _, ...alone } = await subjectOf(zero);
      await expect(metric.measure(alone, seed)).rejects.toMatchObject({ code: 'not-applicable' });
    });

    it(`${metric.expression.split('(')[0]}: is invalid where no neighbour differs from x`, async () => {
      const table: Readonly<Record<string, Definition<Metric>>> = metricTable;
      const still = table[metric.name].make({ perturbation: fixed(zeros([3, ...shape])) });
      expect(await still.measure(await subjectOf(zero), seed)).toEqual({
        estimate: { kind: 'invalid', reason: 'all 3 neighbours are x itself', n: 3 },
      });
    });

    it(`${metric.expression}: is invalid when an explanation is not finite`, async () => {
      const broken = named(
        async (score: Score, at: Tensor, k: typeof seed): Promise<Attribution> => {
          const found = await zero(score, at, k);
          return at === x ? found : { ...found, values: tensor(new Float64Array(d).fill(Number.NaN), shape) };
        },
        { expression: 'broken', kind: 'local' as const },
      );
      expect(await metric.measure(await subjectOf(broken), seed)).toMatchObject({
        estimate: { kind: 'invalid' },
      });
    });
  }
});

describe('two sensitivities of one ball and key', () => {
  it('look at the same neighbours, so that max is at most lipschitz times the radius', async () => {
    const subject = await subjectOf(zero);
    for (const draws of [1, 5]) {
      const options = { radius: 0.1, draws };
      for (let i = 0; i < 50; i++) {
        const [most, steepest] = await Promise.all(
          [sensitivityMax(options), sensitivityLipschitz(options)].map(async (metric) => {
            const { estimate: found } = await metric.measure(subject, key(i));
            return 'value' in found ? found.value : Number.NaN;
          }),
        );
        expect(most).toBeLessThanOrEqual(steepest * 0.1);
      }
    }
  });

  it('look at the same neighbours, whatever they ask there', async () => {
    const seen: Tensor[][] = [];
    for (const metric of [sensitivityMax({ draws: 4 }), sensitivityLipschitz({ draws: 4 })]) {
      const inputs: Tensor[] = [];
      const watching: Explainer = named(
        async (score: Score, at: Tensor, k: typeof seed) => {
          if (at !== x) inputs.push(at);
          return zero(score, at, k);
        },
        { expression: 'watching', kind: 'local' as const },
      );
      await metric.measure(await subjectOf(watching), seed);
      seen.push(inputs);
    }
    expect(seen[0]).toHaveLength(4);
    expect(seen[1]).toEqual(seen[0]);
  });
});

describe('sensitivity-max', () => {
  // Stored neighbours; the gradient of the quadratic moves by S·delta, which the test computes from differences of gradients.
  const deltas = scale(normals('deltas', [9, ...shape]), 0.1);
  async function moves(): Promise<number[]> {
    const here = row(await f.gradient({ shape: [1, ...shape], data: x.data }), 0);
    return Promise.all(
      Array.from({ length: 9 }, async (_, i) => {
        const there = subtract(x, row(deltas, i));
        return norm(
          subtract(row(await f.gradient({ shape: [1, ...shape], data: there.data }), 0), here),
          'l2',
        );
      }),
    );
  }

  it('is the largest distance over stored inputs, and the fraction of the norm when normalised', async () => {
    const subject = await subjectOf(zero);
    const perturbation = fixed(deltas);
    const most = Math.max(...(await moves()));
    expect(await measured(sensitivityMax({ perturbation }), subject)).toBeCloseTo(most, 12);
    const fraction = most / norm(subject.attribution.values, 'l2');
    expect(await measured(sensitivityMax({ perturbation, normalize: true }), subject)).toBeCloseTo(
      fraction,
      12,
    );
  });

  it('grows with the radius in proportion on a quadratic, and stays below the spectral bound', async () => {
    const subject = await subjectOf(zero);
    const [small, large] = [
      await measured(sensitivityMax({ radius: 0.1 }), subject),
      await measured(sensitivityMax({ radius: 0.3 }), subject),
    ];
    expect(large / small).toBeCloseTo(3, 8);
    expect(small).toBeLessThanOrEqual(0.1 * spectralNorm() + 1e-12);
    expect(small).toBeGreaterThan(0.05 * spectralNorm());
  });

  it('shared noise cancels, fresh noise does not', async () => {
    const subject = await subjectOf(explainer(5));
    const quiet = await measured(sensitivityMax(), await subjectOf(zero));
    expect(await measured(sensitivityMax(), subject)).toBeCloseTo(quiet, 10);
    expect(await measured(sensitivityMax({ noise: 'fresh' }), subject)).toBeGreaterThan(5);
  });

  it('does not divide by nothing', async () => {
    const subject = await subjectOf(zero);
    const nothing = { ...subject, attribution: { ...subject.attribution, values: zeros(shape) } };
    const { estimate: found } = await sensitivityMax({ normalize: true }).measure(nothing, seed);
    expect(found).toMatchObject({ kind: 'invalid', reason: expect.stringMatching(/zero/) });
  });

  it('takes a ball or a perturbation, not both', () => {
    const perturbation = uniform({ radius: 1 });
    expect(() => sensitivityMax({ perturbation, radius: 0.1 })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
    expect(() => sensitivityMax({ perturbation, ball: 'l2' })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });

  it('does not depend on how many neighbours run at once', async () => {
    const subject = await subjectOf(zero);
    const costly = {
      ...subject,
      attribution: { ...subject.attribution, cost: { forward: 0, backward: 2 ** 22 } },
    };
    expect(await measured(sensitivityMax(), costly)).toBe(await measured(sensitivityMax(), subject));
  });
});

/** Of the symmetric part of A, by many steps of power iteration. */
function spectralNorm(): number {
  const a = normals('A', [d, d]).data;
  let v = Float64Array.from({ length: d }, (_, i) => 1 + i);
  let size = 0;
  for (let step = 0; step < 2000; step++) {
    const next = v.map((_, i) => v.reduce((sum, vj, j) => sum + ((a[i * d + j] + a[j * d + i]) / 2) * vj, 0));
    size = Math.hypot(...next);
    v = next.map((value) => value / size);
  }
  return size;
}

describe('sensitivity-lipschitz', () => {
  it('on a quadratic is the same for every radius and at most the spectral norm', async () => {
    const subject = await subjectOf(zero);
    const near = await measured(sensitivityLipschitz({ radius: 0.01 }), subject);
    const far = await measured(sensitivityLipschitz({ radius: 1 }), subject);
    expect(far / near).toBeCloseTo(1, 8);
    expect(near).toBeLessThanOrEqual(spectralNorm() + 1e-9);
  });

  it('leaves out a neighbour that is x itself', async () => {
    const deltas = zeros([2, ...shape]);
    deltas.data[0] = 0.1;
    const perturbation = fixed(deltas);
    const found = await measured(sensitivityLipschitz({ perturbation }), await subjectOf(zero));
    expect(found).toBeGreaterThan(0);
  });
});

describe('sensitivity-gradient', () => {
  it('nears the spectral norm of the Hessian from below for gradients, as directions are refined', async () => {
    const subject = await subjectOf(zero);
    const [rough, fine] = [
      await measured(sensitivityGradient({ draws: 5, directions: 1 }), subject),
      await measured(sensitivityGradient({ draws: 5, directions: 40 }), subject),
    ];
    expect(rough).toBeLessThan(fine);
    expect(fine).toBeLessThanOrEqual(spectralNorm() * (1 + 1e-6));
    expect(fine).toBeGreaterThan(spectralNorm() * 0.999);
  });

  it('uses one key on both sides of a quotient, so that fresh noise is not divided by the step', async () => {
    const options = { draws: 5, noise: 'fresh' } as const;
    const quiet = await measured(sensitivityGradient(options), await subjectOf(zero));
    expect(await measured(sensitivityGradient(options), await subjectOf(explainer(5)))).toBeCloseTo(quiet, 8);
  });
});
