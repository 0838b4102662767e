import {
  type Attribution,
  add,
  type Explainer,
  fold,
  type Key,
  key,
  named,
  norm,
  type Score,
  type Subject,
  scale,
  subtract,
  type Tensor,
  tensor,
  toFloat32,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { sensitivityGradient } from './sensitivity-gradient.js';

const d = 24;
const shape = [d];
const normals = normalsOf(key(9));
const round = Math.fround;

/** s·v(v·x) + w, every operation rounded to float32: its Jacobian s·v·vᵀ has the spectral norm s·‖v‖². */
function floatGradient({ s, v, w }: { s: number; v: Tensor; w: Tensor }): (x: Tensor) => Tensor {
  return (x) => {
    let inner = 0;
    for (let i = 0; i < d; i++) inner = round(inner + round(x.data[i] * v.data[i]));
    const values = Float32Array.from(v.data, (value, i) =>
      round(round(round(s * inner) * value) + w.data[i]),
    );
    return tensor(values, shape);
  };
}

/** w plus the gap between 3000·x and 3000·x²/x: a constant, but for rounding. */
const roundedConstant = ({ data }: Tensor): Tensor =>
  tensor(
    Float32Array.from(data, (value, i) => {
      const detour = round(round(3000 * round(value * value)) / value);
      return round(round(round(3000 * value) - detour) + normals('w', shape).data[i]);
    }),
    shape,
  );

async function subjectOf(of: (x: Tensor) => Tensor, x: Tensor): Promise<Subject> {
  const explain: Explainer = named(
    async (_f: Score, at: Tensor, k: Key): Promise<Attribution> => ({
      values: of(toFloat32(at)),
      kind: 'local',
      method: 'stated',
      key: k,
      cost: { forward: 0, backward: 1 },
    }),
    { expression: 'stated', kind: 'local' as const },
  );
  const f: Score = {
    shape,
    bounds: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    rules: 'none',
    value: async ({ shape: [n] }) => new Float64Array(n),
    gradient: async (batch) => zeros(batch.shape),
  };
  return { f, x, explain, attribution: await explain(f, x, key(0)) };
}

/** Largest quotient at x over directions, with the step of the metric and no care for rounding. */
function carelessQuotient(of: (x: Tensor) => Tensor, x: Tensor, directions: readonly Tensor[]): number {
  const step = 1e-3;
  const quotients = directions.map((direction) => {
    const offset = scale(direction, step / norm(direction, 'l2'));
    const [a, b] = [of(toFloat32(add(x, offset))), of(toFloat32(subtract(x, offset)))];
    return norm(subtract(a, b), 'l2') / (2 * step);
  });
  return Math.max(...quotients);
}

async function bound(subject: Subject, seed: number): Promise<number> {
  const { estimate: found } = await sensitivityGradient({ radius: 0.1, draws: 10 }).measure(
    subject,
    key(seed),
  );
  if (found.kind !== 'bound') throw new Error(`expected a bound, got ${found.kind}`);
  return found.value;
}

const v = toFloat32(normals('v', shape));
const inputs = { float32: toFloat32(normals('x', shape)), float64: normals('x', shape) };
const directions = [v, ...Array.from({ length: 20 }, (_, i) => normals(`direction ${i}`, shape))];

describe('sensitivity-gradient of float32 explanations', () => {
  for (const [type, x] of Object.entries(inputs)) {
    it(`is below the known norm of the Jacobian where rounding lifts the quotient above it, x ${type}`, async () => {
      // Slopes of about 100 are rounded by 4e-6 each, which a quotient divides by 2e-3.
      const [s, w] = [0.02 / norm(v, 'l2') ** 2, scale(normals('w', shape), 100)];
      const of = floatGradient({ s, v, w });
      const truth = 0.02;
      expect(carelessQuotient(of, x, directions)).toBeGreaterThan(truth);
      const subject = await subjectOf(of, x);
      for (let seed = 0; seed < 20; seed++) expect(await bound(subject, seed)).toBeLessThanOrEqual(truth);
    });

    it(`is 0 for a constant that is computed with rounding errors, x ${type}`, async () => {
      expect(carelessQuotient(roundedConstant, x, directions)).toBeGreaterThan(0.01);
      const subject = await subjectOf(roundedConstant, x);
      for (let seed = 0; seed < 20; seed++) expect(await bound(subject, seed)).toBe(0);
    });

    it(`is within 1 % of the norm where the slopes are of its size, x ${type}`, async () => {
      const [s, w] = [1 / norm(v, 'l2') ** 2, normals('w', shape)];
      const subject = await subjectOf(floatGradient({ s, v, w }), x);
      for (let seed = 0; seed < 20; seed++) {
        const found = await bound(subject, seed);
        expect(found).toBeLessThanOrEqual(1);
        expect(found).toBeGreaterThan(0.99);
      }
    });
  }

  it('refuses a step that is lost to rounding', async () => {
    const subject = await subjectOf(roundedConstant, inputs.float32);
    const measured = sensitivityGradient({ step: 1e-12 }).measure(subject, fold(key(0), 'step'));
    await expect(measured).rejects.toMatchObject({ code: 'option-value' });
  });
});
