import {
  full,
  functionScore,
  type Key,
  key,
  linearScore,
  meter,
  multiply,
  named,
  quadraticScore,
  row,
  rows,
  type Score,
  sizeOf,
  subset,
  subtract,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { explainers, gradCam, gradient, layerAttribution, smooth, timesInput } from '../src/index.js';
import { alongGradient } from './attacks.js';
import { type Example, examples } from './examples.js';
import { modelled } from './modelled.js';
import { normalsOf } from './normals.js';

const shape = [2, 3, 4];
const d = sizeOf(shape);
const seed = key(7);
const normals = normalsOf(seed);

const x = normals('x', shape);
const w = normals('w', shape);
const quadratic = modelled(quadraticScore(normals('A', [d, d]), w, 0.5));
const curvedFunction = functionScore({
  shape,
  value: ({ data }) => Array.from(data).reduce((sum, v, i) => sum + Math.sin(v + i) * w.data[i], 0),
  gradient: ({ data }) =>
    tensor(
      Float64Array.from(data, (v, i) => Math.cos(v + i) * w.data[i]),
      shape,
    ),
});
const curved = modelled(curvedFunction);

/** The same score that evaluates `size` rows at a time, out of order. */
function inPieces(f: Score, size: number): Score {
  const pieces = (n: number) =>
    Array.from({ length: Math.ceil(n / size) }, (_, i) => [i * size, Math.min(n, (i + 1) * size)]);
  return {
    ...f,
    async value(batch) {
      const values = new Float64Array(batch.shape[0]);
      for (const [from, to] of pieces(batch.shape[0]).reverse())
        values.set(await f.value(rows(batch, from, to)), from);
      return values;
    },
    async gradient(batch) {
      const slopes = zeros(batch.shape);
      for (const [from, to] of pieces(batch.shape[0]).reverse()) {
        slopes.data.set((await f.gradient(rows(batch, from, to))).data, from * d);
      }
      return slopes;
    },
  };
}

function largestGap(a: Tensor, b: Tensor): number {
  return Array.from(a.data).reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i])), 0);
}

/** Every explainer of the table, made with its example, and what it promises. */
const listed: readonly Example[] = Object.values(explainers).map(({ make, example, promises, takes }) => {
  const given = { ...example, ...(takes.attack === 'attack' && { attack: alongGradient }) };
  return {
    explainer: make(given),
    exactOnLinear: promises.includes('exact-on-linear'),
    complete: promises.includes('complete'),
    ...(promises.includes('depends-on-layout') && { hwc: make({ ...given, layout: 'hwc' }) }),
  };
});

const baselineOf = (expression: string): number => Number(/baseline=([\d.]+)/.exec(expression)?.[1] ?? 0);

for (const { explainer, exactOnLinear, complete, hwc } of [...listed, ...examples]) {
  describe(explainer.expression, () => {
    const explain = (f: Score, k: Key = seed) => explainer(f, x, k);

    it("gives finite float64 values of the input's shape, signed with kind, expression and key", async () => {
      const found = await explain(curved);
      expect(found.values.shape).toEqual(shape);
      expect(found.values.data).toBeInstanceOf(Float64Array);
      expect(found.values.data.every(Number.isFinite)).toBe(true);
      expect(found).toMatchObject({ kind: explainer.kind, method: explainer.expression, key: seed });
    });

    it('gives the same bits for the same key', async () => {
      const [first, second] = [await explain(curved), await explain(curved)];
      expect(second).toEqual(first);
    });

    it('does not depend on how the score batches', async () => {
      const whole = await explain(curved);
      expect(await explain(inPieces(curved, 1))).toEqual(whole);
      expect(await explain(inPieces(curved, 3))).toEqual(whole);
    });

    it('counts the rows it evaluates', async () => {
      const metered = meter(curved);
      const { cost } = await explain(metered.score);
      expect(cost).toEqual(metered.cost());
    });

    it('costs what it planned, where it plans', async () => {
      const planned = explainer.plannedCost?.(curved, x);
      if (planned === undefined) return;
      const { forward, backward } = (await explain(curved)).cost;
      if (planned.atMost) {
        expect(planned.forward).toBeGreaterThanOrEqual(forward);
        expect(planned.backward).toBeGreaterThanOrEqual(backward);
      } else expect(planned).toMatchObject({ forward, backward });
    });

    const { explainRows } = explainer;
    if (explainRows !== undefined) {
      it('explains the rows of a batch as it explains each alone', async () => {
        const batch = normals('batch', [5, ...shape]);
        const keys = [4, 2, 8, 2, 9].map((number) => key(number));
        const alone = await Promise.all(keys.map((own, i) => explainer(curved, row(batch, i), own)));
        const metered = meter(curved);
        expect(await explainRows(metered.score, batch, keys)).toEqual(alone);
        expect(metered.cost().backward).toBe(alone.reduce((sum, { cost }) => sum + cost.backward, 0));
      });
    }

    it('takes a score that says chw like one that says nothing', async () => {
      expect(await explain({ ...curved, layout: 'chw' })).toEqual(await explain(curved));
    });

    if (hwc !== undefined) {
      it('goes by the layout of the score, as if it were written out, in which case the score is not asked', async () => {
        const { values } = await explain({ ...curved, layout: 'hwc' });
        expect(hwc.expression).toContain('layout=hwc');
        expect(values).toEqual((await hwc(curved, x, seed)).values);
        expect(values).toEqual((await hwc({ ...curved, layout: 'chw' }, x, seed)).values);
        expect(values).not.toEqual((await explain(curved)).values);
      });
    }

    it('refuses an input of another shape', async () => {
      await expect(explainer(curved, zeros([d]), seed)).rejects.toMatchObject({ code: 'tensor-shape' });
    });

    if (exactOnLinear) {
      it('is exact on linear scores', async () => {
        const { values } = await explain(modelled(linearScore(w, 3)));
        const step = subtract(x, full(shape, baselineOf(explainer.expression)));
        const truth = explainer.kind === 'local' ? w : multiply(w, step);
        expect(largestGap(values, truth)).toBeLessThan(1e-12);
      });
    }

    if (complete) {
      it('explains all of f(x) - f(baseline) on quadratic scores', async () => {
        const { values, residual } = await explain(quadratic);
        const ends = tensor(
          [...x.data, ...full(shape, baselineOf(explainer.expression)).data],
          [2, ...shape],
        );
        const [atX, atBaseline] = await quadratic.value(ends);
        const sum = Array.from(values.data).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(atX - atBaseline, 10);
        expect(residual).toBeCloseTo(0, 10);
      });
    }
  });
}

describe('the table of explainers', () => {
  it('has each row under its own name', () => {
    for (const [name, row] of Object.entries(explainers)) expect(row.name).toBe(name);
  });

  it('promises of each that takes a layout that it makes a difference', () => {
    // The positions of attention maps fit one layout only: their test is beside the explainer.
    const taking = Object.values(explainers).filter(
      ({ name, options }) => Object.hasOwn(options.shape, 'layout') && name !== 'attention-rollout',
    );
    for (const { name, promises } of taking) expect([name, ...promises]).toContain('depends-on-layout');
  });

  it('refuses unknown options', () => {
    for (const row of Object.values(explainers)) {
      expect(() => row.make({ bogus: 1 })).toThrow(expect.objectContaining({ code: 'option-unknown' }));
    }
  });
});

describe('explainers that look at layers', () => {
  it('name them, those that others explain by among them', () => {
    const cam = gradCam({ layer: 'conv' });
    expect(cam.layers).toEqual(['conv']);
    expect(layerAttribution({ layer: '/a/b' }).layers).toEqual(['/a/b']);
    const calm = smooth(smooth(cam, subset(), { draws: 2 }), subset(), { draws: 2 });
    expect(calm.layers).toEqual(['conv']);
    expect(timesInput(named(gradient(), { expression: 'mine', layers: ['fc'] })).layers).toEqual(['fc']);
    expect(gradient().layers ?? []).toEqual([]);
  });
});

describe('explainers that need a model', () => {
  it.each(['guided-backprop', 'deconvolution', 'deep-lift', 'lrp', 'attention-rollout'] as const)(
    '%s says so of a function',
    async (name) => {
      const explain = explainers[name].make({});
      await expect(explain(curvedFunction, x, seed)).rejects.toMatchObject({ code: 'not-applicable' });
    },
  );

  it('grad-cam says so of a function, with the name of a layer and without', async () => {
    for (const options of [{ layer: 'input' }, {}]) {
      const explain = explainers['grad-cam'].make(options);
      await expect(explain(curvedFunction, x, seed)).rejects.toMatchObject({ code: 'not-applicable' });
    }
  });
});
