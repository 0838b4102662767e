import {
  type Attribution,
  dot,
  fixed,
  fold,
  functionScore,
  gaussian,
  type Key,
  key,
  linearScore,
  meter,
  named,
  type OptionsOf,
  type Perturbation,
  quadraticScore,
  row,
  type Score,
  type Subject,
  square,
  subset,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { infidelity } from './infidelity.js';

const shape = [4, 5];
const d = 20;
const seed = key(3);
const normals = normalsOf(seed);

const x = normals('x', shape);
const w = normals('w', shape);
const phi = normals('phi', shape);
const matrix = normals('A', [d, d]);
const quadratic = quadraticScore(matrix, w, 0.5);

function attribution(values: Tensor, kind: Attribution['kind'] = 'local'): Attribution {
  return { values, kind, method: 'test', key: seed, cost: { forward: 0, backward: 1 } };
}

const subject = (f: Score, values: Tensor, kind?: Attribution['kind']): Subject => ({
  f,
  x,
  attribution: attribution(values, kind),
});

async function gradientOf(f: Score): Promise<Tensor> {
  return row(await f.gradient({ shape: [1, ...shape], data: x.data }), 0);
}

/** The definition, one draw at a time, with dense masks and the textbook formula for the optimal scale. */
async function slowInfidelity(
  of: Subject,
  perturbation: Perturbation,
  options: { n: number; optimal: boolean; key: Key },
) {
  const { f, attribution } = of;
  let [uu, uv, vv, weight] = [0, 0, 0, 0];
  let plain = 0;
  for (let i = 0; i < options.n; i++) {
    const draw = perturbation(x, fold(options.key, 'infidelity'), i, i + 1);
    const global = attribution.kind === 'global' && draw.masks !== undefined;
    const taken = global ? (draw.masks?.dense() ?? draw.deltas) : draw.deltas;
    const u = dot({ shape, data: taken.data }, attribution.values);
    const [whole] = await f.value({ shape: [1, ...shape], data: x.data });
    const [left] = await f.value(draw.inputs);
    const v = whole - left;
    const w = draw.weights?.[0] ?? 1;
    [uu, uv, vv, weight] = [uu + w * u * u, uv + w * u * v, vv + w * v * v, weight + w];
    plain += w * (u - v) ** 2;
  }
  return (options.optimal ? vv - uv ** 2 / uu : plain) / weight;
}

/** Draws of another perturbation with weight 1/2, 1, 3/2, ... */
const weighted = (inner: Perturbation): Perturbation =>
  named(
    (at: Tensor, k: Key, from: number, to: number) => ({
      ...inner(at, k, from, to),
      weights: Float64Array.from({ length: to - from }, (_, i) => ((from + i) % 5) / 2 + 0.5),
    }),
    { expression: 'weighted', masks: inner.masks },
  );

describe('infidelity', () => {
  const cases: readonly [string, Perturbation, Attribution['kind'], number | undefined][] = [
    ['local under gaussian noise', gaussian({ sigma: 0.4 }), 'local', 60],
    ['local under squares', square({ size: 2 }), 'local', 60],
    ['global under squares', square({ sizes: [1, 3], baseline: 0.2 }), 'global', 60],
    ['global under all squares', square({ sizes: [1, 3], positions: 'all' }), 'global', undefined],
    ['global under subsets', subset(), 'global', 60],
    ['local under weighted noise', weighted(gaussian({ sigma: 0.4 })), 'local', 60],
    ['local under stored noise', fixed(normals('stored', [30, ...shape])), 'local', undefined],
  ];
  for (const [name, perturbation, kind, draws] of cases) {
    for (const scale of ['none', 'optimal'] as const) {
      it(`${name}, scale ${scale}: is the definition's mean`, async () => {
        const of = subject(quadratic, phi, kind);
        const { estimate: found } = await infidelity(perturbation, { draws, scale }).measure(of, seed);
        const n = draws ?? perturbation.count?.(shape) ?? 0;
        const truth = await slowInfidelity(of, perturbation, { n, optimal: scale === 'optimal', key: seed });
        expect(found).toMatchObject({ kind: /all squares/.test(name) ? 'exact' : 'mean', n });
        expect('value' in found ? found.value / truth : undefined).toBeCloseTo(1, 10);
      });
    }
  }

  it('predicts from inputs that the score does not read', async () => {
    const blind: Score = { ...quadratic, value: async ({ shape: [n] }) => new Float64Array(n) };
    const metric = infidelity(gaussian({ sigma: 0.4 }), { draws: 60 });
    const { estimate } = await metric.measure(subject(blind, phi), seed);
    const truth = await slowInfidelity(subject(blind, phi), gaussian({ sigma: 0.4 }), {
      n: 60,
      optimal: false,
      key: seed,
    });
    expect('value' in estimate ? estimate.value / truth : undefined).toBeCloseTo(1, 10);
  });

  it('is 0 for the weights of a linear score, and for weights times input under masks', async () => {
    const linear = linearScore(w, 2);
    const { estimate: local } = await infidelity(gaussian({ sigma: 1 })).measure(subject(linear, w), seed);
    expect(local).toMatchObject({ kind: 'mean', n: 1000 });
    expect('value' in local && local.value).toBeLessThan(1e-24);
    const product = tensor(
      x.data.map((v, i) => v * w.data[i]),
      shape,
    );
    const { estimate: global } = await infidelity(square({ sizes: [1, 4], positions: 'all' })).measure(
      subject(linear, product, 'global'),
      seed,
    );
    expect(global.kind).toBe('exact');
    expect('value' in global && global.value).toBeLessThan(1e-24);
  });

  it('counts once what was hidden together: the drops of whole groups explain a linear score', async () => {
    // Two groups, the halves of the elements, whose drops each element of the group has.
    const of = Int32Array.from(x.data, (_, i) => (2 * i < x.data.length ? 0 : 1));
    const drops = [0, 1].map((group) =>
      Array.from(x.data).reduce((sum, v, i) => sum + (of[i] === group ? v * w.data[i] : 0), 0),
    );
    const values = tensor(
      Array.from(of, (group) => drops[group]),
      shape,
    );
    const { f, ...rest } = subject(linearScore(w, 2), values, 'global');
    const attribution = { ...rest.attribution, features: { count: 2, of } };
    const masks = tensor([...of, ...Array.from(of, (group) => 1 - group)], [2, ...shape]);
    const deltas = tensor(
      masks.data.map((mask, i) => mask * x.data[i % x.data.length]),
      masks.shape,
    );
    const inputs = tensor(
      deltas.data.map((delta, i) => x.data[i % x.data.length] - delta),
      masks.shape,
    );
    const wholes = infidelity(fixed(deltas, inputs, masks));
    const { estimate: found } = await wholes.measure({ ...rest, f, attribution }, seed);
    expect('value' in found && found.value).toBeLessThan(1e-24);
    // As many elements as a group has would else predict as many times its drop.
    const { estimate: plain } = await wholes.measure({ ...rest, f, attribution: rest.attribution }, seed);
    const most = (x.data.length / 2 - 1) ** 2 * ((drops[0] ** 2 + drops[1] ** 2) / 2);
    expect('value' in plain && plain.value / most).toBeCloseTo(1, 10);
  });

  it('draws squares in the layout of the score', async () => {
    const perturbation = square({ size: 2 });
    const wc = { ...subject(quadratic, phi), f: { ...quadratic, layout: 'wc' as const } };
    const { estimate: found } = await infidelity(perturbation, { draws: 40 }).measure(wc, seed);
    const written = infidelity(square({ size: 2, layout: 'wc' }), { draws: 40 });
    expect(found).toEqual((await written.measure(subject(quadratic, phi), seed)).estimate);
    const { estimate: plain } = await infidelity(perturbation, { draws: 40 }).measure(
      subject(quadratic, phi),
      seed,
    );
    expect(found).not.toEqual(plain);
  });

  it('scale optimal ignores the scale and sign of an attribution, scale none does not', async () => {
    const measure = async (options: OptionsOf<typeof infidelity>, values: Tensor) => {
      const metric = infidelity(gaussian({ sigma: 0.3 }), options);
      return (await metric.measure(subject(quadratic, values), seed)).estimate;
    };
    const scaled = tensor(
      phi.data.map((v) => -7 * v),
      shape,
    );
    const [a, b] = [await measure({ scale: 'optimal' }, phi), await measure({ scale: 'optimal' }, scaled)];
    expect('value' in a && 'value' in b && b.value / a.value).toBeCloseTo(1, 12);
    const [c, e] = [await measure({}, phi), await measure({}, scaled)];
    expect('value' in c && 'value' in e && e.value / c.value).toBeGreaterThan(2);
  });

  it('gives the mean of v² to an attribution of all zeros, under both scales', async () => {
    const of = subject(quadratic, zeros(shape));
    const { estimate: none } = await infidelity(gaussian({ sigma: 0.3 })).measure(of, seed);
    const { estimate: optimal } = await infidelity(gaussian({ sigma: 0.3 }), { scale: 'optimal' }).measure(
      of,
      seed,
    );
    expect(optimal).toEqual(none);
  });

  it('gives the same bits for any batch', async () => {
    const run = (batch?: number) =>
      infidelity(gaussian({ sigma: 0.3 }), { draws: 101, batch }).measure(subject(quadratic, phi), seed);
    const whole = await run();
    for (const batch of [1, 2, 7, 100, 1000]) expect(await run(batch)).toEqual(whole);
  });

  it('evaluates f once at x and once per draw, for all attributions together', async () => {
    const { score, cost } = meter(quadratic);
    const subjects = [phi, w, x].map((values) => subject(score, values));
    await infidelity(gaussian({ sigma: 0.3 }), { draws: 57 }).compare?.(subjects, seed);
    expect(cost()).toEqual({ forward: 58, backward: 0 });
  });

  it('says how many draws were not finite instead of averaging them', async () => {
    const broken = functionScore({ shape, value: (at) => (at.data[0] > x.data[0] ? Number.NaN : 1) });
    const { estimate: found } = await infidelity(gaussian({ sigma: 1 }), { draws: 100 }).measure(
      subject(broken, phi),
      seed,
    );
    expect(found).toMatchObject({
      kind: 'invalid',
      n: 100,
      reason: expect.stringMatching(/^[3-6]\d of 100 draws/),
    });
  });

  it('refuses a global attribution where features are not removed, and names the local form', async () => {
    const measured = infidelity(gaussian({ sigma: 1 })).measure(subject(quadratic, phi, 'global'), seed);
    await expect(measured).rejects.toMatchObject({
      code: 'not-applicable',
      message: expect.stringMatching(/path-gradient/),
    });
  });

  it('refuses a part of an enumeration, and a standard error for one', async () => {
    const all = square({ size: 2, positions: 'all' });
    await expect(infidelity(all, { draws: 5 }).measure(subject(quadratic, phi), seed)).rejects.toMatchObject({
      code: 'option-value',
    });
    expect(() => infidelity(all, { stderr: 0.1 })).toThrow(expect.objectContaining({ code: 'option-value' }));
  });

  it('refuses to compare attributions of different inputs or scores', async () => {
    const metric = infidelity(gaussian({ sigma: 1 }));
    const other = { ...subject(quadratic, phi), x: w };
    await expect(metric.compare?.([subject(quadratic, phi), other], seed)).rejects.toMatchObject({
      code: 'not-applicable',
    });
    await expect(metric.compare?.([], seed)).rejects.toMatchObject({ code: 'not-applicable' });
  });
});

describe('comparing attributions', () => {
  const metric = infidelity(gaussian({ sigma: 0.3 }), { draws: 300 });
  const subjects = () => [phi, w, phi].map((values) => subject(quadratic, values));

  it('gives each the estimate it gets alone, with and without early stopping', async () => {
    for (const each of [metric, infidelity(gaussian({ sigma: 0.3 }), { draws: 3000, stderr: 1 })]) {
      const comparison = await each.compare?.(subjects(), seed);
      for (const [i, of] of subjects().entries()) {
        expect(comparison?.measured[i]).toEqual(await each.measure(of, seed));
      }
    }
  });

  it('has differences of exactly 0 between equals, and of opposite sign in opposite order', async () => {
    const comparison = await metric.compare?.(subjects(), seed);
    expect(comparison?.differences[0][2]).toEqual({ kind: 'mean', value: 0, stderr: 0, n: 300 });
    const there = comparison?.differences[0][1];
    const back = comparison?.differences[1][0];
    expect(there?.kind === 'mean' && back?.kind === 'mean' && there.value + back.value).toBe(0);
  });

  it('has for each pair the mean of differences of squared errors, drawn and averaged one by one', async () => {
    const { differences } = (await metric.compare?.(subjects(), seed)) ?? { differences: [] };
    const [whole] = await quadratic.value({ shape: [1, ...shape], data: x.data });
    for (const [i, row] of differences.entries()) {
      for (const [j, found] of row.entries()) {
        let [sum, squares] = [0, 0];
        for (let draw = 0; draw < 300; draw++) {
          const { inputs, deltas } = gaussian({ sigma: 0.3 })(x, fold(seed, 'infidelity'), draw, draw + 1);
          const drop = whole - (await quadratic.value(inputs))[0];
          const [a, b] = [i, j].map((which) => {
            const { values } = subjects()[which].attribution;
            return (drop - dot({ shape, data: deltas.data }, values)) ** 2;
          });
          [sum, squares] = [sum + (a - b), squares + (a - b) ** 2];
        }
        const stderr = Math.sqrt((squares - sum ** 2 / 300) / (299 * 300));
        expect('value' in found && found.value).toBeCloseTo(sum / 300, 8);
        expect(found.kind === 'mean' && found.stderr).toBeCloseTo(stderr, 8);
      }
    }
  });

  it('pairs the draws: two close attributions differ with a far smaller error than each has alone', async () => {
    const near = tensor(
      phi.data.map((v) => 1.001 * v),
      shape,
    );
    const comparison = await metric.compare?.(
      [phi, near].map((values) => subject(quadratic, values)),
      seed,
    );
    const a = comparison?.measured[0].estimate;
    const gap = comparison?.differences[0][1];
    expect(gap?.kind === 'mean' && a?.kind === 'mean' && gap.stderr / a.stderr).toBeLessThan(0.01);
  });
});

describe('standard errors', () => {
  // With S the symmetric part of A, g the gradient at x and I = sigma·N(0, 1): v = g·I - IᵀSI/2, so that
  // E[(u - v)²] = sigma²|Φ - g|² + q and the optimal scale leaves sigma²(|g|² - (Φ·g)²/|Φ|²) + q, q = sigma⁴(2 tr S² + (tr S)²)/4.
  const sigma = 0.3;
  async function truths(values: Tensor) {
    const g = await gradientOf(quadratic);
    const symmetric = (i: number, j: number) => (matrix.data[i * d + j] + matrix.data[j * d + i]) / 2;
    let [trace, squares] = [0, 0];
    for (let i = 0; i < d; i++) {
      trace += symmetric(i, i);
      for (let j = 0; j < d; j++) squares += symmetric(i, j) ** 2;
    }
    const q = (sigma ** 4 * (2 * squares + trace ** 2)) / 4;
    const gap = tensor(
      values.data.map((v, i) => v - g.data[i]),
      shape,
    );
    return {
      none: sigma ** 2 * dot(gap, gap) + q,
      optimal: sigma ** 2 * (dot(g, g) - dot(values, g) ** 2 / dot(values, values)) + q,
    };
  }

  for (const scale of ['none', 'optimal'] as const) {
    it(`scale ${scale}: two of them cover the closed-form value on a quadratic in 88 to 100 of 100 seeds`, async () => {
      const metric = infidelity(gaussian({ sigma }), { draws: 400, scale });
      const [truth, otherTruth] = [(await truths(phi))[scale], (await truths(w))[scale]];
      let [alone, paired] = [0, 0];
      for (let run = 0; run < 100; run++) {
        const comparison = await metric.compare?.([subject(quadratic, phi), subject(quadratic, w)], key(run));
        const estimate = comparison?.measured[0].estimate;
        const difference = comparison?.differences[0][1];
        if (estimate?.kind !== 'mean' || difference?.kind !== 'mean') throw new Error('expected means');
        if (Math.abs(estimate.value - truth) <= 2 * estimate.stderr) alone++;
        if (Math.abs(difference.value - (truth - otherTruth)) <= 2 * difference.stderr) paired++;
      }
      expect(alone).toBeGreaterThanOrEqual(88);
      expect(paired).toBeGreaterThanOrEqual(88);
      expect(alone + paired).toBeLessThan(200);
    });
  }
});

describe('a zero perturbation', () => {
  it('makes the estimate invalid, however it is drawn, instead of every attribution perfect', async () => {
    const still = fixed(zeros([6, ...shape]));
    const onBaseline = square({ sizes: [1, 2], positions: 'all', baseline: x });
    for (const perturbation of [still, onBaseline]) {
      const metric = infidelity(perturbation);
      const comparison = await metric.compare?.([subject(quadratic, phi), subject(quadratic, w)], seed);
      const alone = comparison?.measured.map(({ estimate }) => estimate) ?? [];
      for (const found of [...alone, comparison?.differences[0][1]]) {
        expect(found).toMatchObject({
          kind: 'invalid',
          reason: expect.stringMatching(/\d+ perturbations are zero/),
        });
      }
    }
  });

  it('of a few draws among others is a draw', async () => {
    const deltas = zeros([6, ...shape]);
    deltas.data[0] = 1;
    const { estimate: found } = await infidelity(fixed(deltas)).measure(subject(quadratic, phi), seed);
    expect(found).toMatchObject({ kind: 'mean', n: 6 });
  });
});
