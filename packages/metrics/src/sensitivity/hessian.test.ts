import {
  asBatch,
  difference,
  type Explainer,
  fold,
  functionScore,
  key,
  named,
  quadraticScore,
  row,
  type Score,
  type Subject,
  tensor,
  toFloat64,
} from '@onnxplain/core';
import { expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { sensitivityGradient } from './sensitivity-gradient.js';

const d = 8;
const shape = [2, 4];
const seed = key(21);
const normals = normalsOf(seed);
const x = normals('x', shape);

const slope = (meanGradient: boolean): Explainer =>
  named(
    async (f: Score, at: typeof x, k: typeof seed) => ({
      values: toFloat64(row(await f.gradient(asBatch(at)), 0)),
      kind: 'local' as const,
      method: 'slope',
      key: k,
      cost: { forward: 0, backward: 1 },
    }),
    { expression: 'slope', kind: 'local' as const, meanGradient },
  );

async function measured(f: Score, options: Parameters<typeof sensitivityGradient>[0], explain = slope(true)) {
  const subject: Subject = { f, x, explain, attribution: await explain(f, x, fold(seed, 'explain')) };
  return sensitivityGradient(options).measure(subject, seed);
}

async function bound(f: Score, options: Parameters<typeof sensitivityGradient>[0]): Promise<number> {
  const { estimate } = await measured(f, options);
  if (estimate.kind !== 'bound') throw new Error(`expected a bound, got ${estimate.kind}`);
  return estimate.value;
}

/** Sum of softplus(s·(z_i - x_i)), which bends most at x: its Hessian is diagonal, s²·σ(u)(1 - σ(u)) for u = s·(z_i - x_i). */
const SHARP = 30;
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const bend = (z: number, i: number) => SHARP * (z - x.data[i]);
const curvature = (u: number) => SHARP ** 2 * sigmoid(u) * (1 - sigmoid(u));
const softplus = functionScore({
  shape,
  value: ({ data }) => Array.from(data).reduce((sum, z, i) => sum + Math.log1p(Math.exp(bend(z, i))), 0),
  gradient: ({ data }) =>
    tensor(
      Float64Array.from(data, (z, i) => SHARP * sigmoid(bend(z, i))),
      shape,
    ),
  hessianTimes: ({ data }, v) =>
    tensor(
      Float64Array.from(data, (z, i) => curvature(bend(z, i)) * v.data[i]),
      shape,
    ),
});

/** The largest eigenvalue of a symmetric matrix in absolute value, by Jacobi rotations. */
function spectralNorm(a: readonly (readonly number[])[]): number {
  const m = a.map((each) => [...each]);
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < m.length; p++) {
      for (let q = p + 1; q < m.length; q++) rotate(m, p, q);
    }
  }
  return Math.max(...m.map((each, i) => Math.abs(each[i])));
}

function rotate(m: number[][], p: number, q: number): void {
  if (m[p][q] === 0) return;
  const angle = Math.atan2(2 * m[p][q], m[q][q] - m[p][p]) / 2;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  for (const each of m) [each[p], each[q]] = [c * each[p] - s * each[q], s * each[p] + c * each[q]];
  const [rowP, rowQ] = [[...m[p]], [...m[q]]];
  m[p] = rowP.map((v, i) => c * v - s * rowQ[i]);
  m[q] = rowP.map((v, i) => s * v + c * rowQ[i]);
}

it('products with the Hessian of a quadratic score near its spectral norm from below as directions are refined', async () => {
  const a = normals('A', [d, d]).data;
  const symmetric = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) => (a[i * d + j] + a[j * d + i]) / 2),
  );
  const truth = spectralNorm(symmetric);
  const f = quadraticScore(normals('A', [d, d]), normals('w', shape));
  const [rough, fine] = [
    await bound(f, { derivative: 'hessian', draws: 5, directions: 1 }),
    await bound(f, { derivative: 'hessian', draws: 5, directions: 60 }),
  ];
  expect(rough).toBeLessThan(0.99 * fine);
  expect(fine).toBeLessThanOrEqual(truth * (1 + 1e-12));
  expect(fine).toBeGreaterThan(0.9999 * truth);
});

it('products see a sharp bend that a long step averages out', async () => {
  const options = { radius: 0.05, draws: 20, directions: 30 };
  const exact = await bound(softplus, { ...options, derivative: 'hessian' });
  expect(exact).toBeLessThanOrEqual(SHARP ** 2 / 4);
  expect(await bound(softplus, { ...options, step: 0.5 })).toBeLessThan(0.7 * exact);
  expect((await bound(softplus, { ...options, step: 1e-4 })) / exact).toBeCloseTo(1, 3);
});

it('where the gradient is constant between kinks there is no number, and the reason counts the neighbours beyond a kink', async () => {
  const kinked = functionScore({
    shape,
    value: ({ data }) => Math.abs(data[0] - x.data[0] - 0.01),
    gradient: ({ data }) =>
      tensor(
        Float64Array.from(data, (z, i) => (i === 0 ? Math.sign(z - x.data[0] - 0.01) : 0)),
        shape,
      ),
    hessianTimes: () => tensor(new Float64Array(d), shape),
  });
  const { estimate, details } = await measured(kinked, { derivative: 'hessian', radius: 0.5, draws: 40 });
  expect(details).toEqual({ jumps: expect.any(Number) });
  expect(Number(details?.jumps)).toBeGreaterThan(5);
  expect(Number(details?.jumps)).toBeLessThan(35);
  expect(estimate).toMatchObject({
    kind: 'invalid',
    reason: expect.stringContaining(`at ${details?.jumps} of them`),
    n: 40,
  });
  expect(await bound(kinked, { radius: 0.5, draws: 40, step: 0.3 })).toBeGreaterThan(0);
});

it('the derivative of a constant gradient is 0, without jumps', async () => {
  const flat = quadraticScore(tensor(new Float64Array(d * d), [d, d]), normals('w', shape));
  const { estimate, details } = await measured(flat, { derivative: 'hessian', draws: 7 });
  expect(estimate).toMatchObject({ kind: 'bound', value: 0, n: 7 });
  expect(details).toEqual({ jumps: 0 });
});

it('explanations that are no means of gradients and scores without second derivatives are refused with the other way', async () => {
  const refusal = { code: 'not-applicable', message: expect.stringContaining('derivative=difference') };
  const options = { derivative: 'hessian', draws: 3 } as const;
  await expect(measured(softplus, options, slope(false))).rejects.toMatchObject(refusal);
  await expect(measured(difference(softplus), options)).rejects.toMatchObject(refusal);
});

it('a product that is not finite gives no number', async () => {
  const broken = functionScore({
    ...softplus,
    value: () => 0,
    gradient: () => x,
    hessianTimes: () => tensor(new Float64Array(d).fill(Number.NaN), shape),
  });
  expect(await measured(broken, { derivative: 'hessian', draws: 3 })).toMatchObject({
    estimate: { kind: 'invalid' },
  });
});

it('a step together with products is refused', () => {
  expect(() => sensitivityGradient({ derivative: 'hessian', step: 0.1 })).toThrow(
    expect.objectContaining({ code: 'option-value', message: expect.stringContaining('(step)') }),
  );
  expect(sensitivityGradient({ derivative: 'hessian' }).expression).toBe(
    'sensitivity-gradient(radius=0.1, draws=50, derivative=hessian, directions=3)',
  );
});
