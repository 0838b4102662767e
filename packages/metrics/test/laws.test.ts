import {
  asBatch,
  type Explainer,
  full,
  functionScore,
  gaussian,
  key,
  linearScore,
  type Metric,
  named,
  quadraticScore,
  row,
  rows,
  type Score,
  type Subject,
  subset,
  type Tensor,
  scale as times,
  toFloat64,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { infidelity, metrics, sensitivityMax } from '../src/index.js';
import { normalsOf } from './normals.js';

const shape = [3, 4];
const seed = key(13);
const normals = normalsOf(seed);

const x = normals('x', shape);
const w = normals('w', shape);
const curved = quadraticScore(normals('A', [12, 12]), w);

const slope: Explainer = named(
  async (f: Score, at: Tensor, k: typeof seed) => ({
    values: toFloat64(row(await f.gradient(asBatch(at)), 0)),
    kind: 'local' as const,
    method: 'slope',
    key: k,
    cost: { forward: 0, backward: 1 },
  }),
  { expression: 'slope', kind: 'local' as const },
);

async function subjectOf(f: Score): Promise<Subject> {
  return { f, x, explain: slope, attribution: await slope(f, x, seed) };
}

/** The same score that evaluates its rows one by one. */
const rowByRow = (f: Score): Score => ({
  ...f,
  async value(batch) {
    const values = new Float64Array(batch.shape[0]);
    for (let i = 0; i < values.length; i++) values.set(await f.value(rows(batch, i, i + 1)), i);
    return values;
  },
});

/** Every row of the table: with few draws, and where it needs a perturbation with one that has masks and one that has none. */
const examples: readonly Metric[] = Object.values(metrics).flatMap(({ positional, make }) =>
  positional.includes('perturbation')
    ? [gaussian({ sigma: 0.3 }), subset()].map((perturbation) => make({ perturbation, draws: 20 }))
    : [make({ draws: 5 })],
);

for (const metric of examples) {
  describe(metric.expression, () => {
    it('is 0 for the gradient of a linear score', async () => {
      const { estimate: found } = await metric.measure(await subjectOf(linearScore(w, 3)), seed);
      expect(found).toHaveProperty('value');
      expect('value' in found && found.value).toBeCloseTo(0, 20);
    });

    it('is above 0 where the gradient changes, with the kind of number that it announces', async () => {
      const { estimate: found } = await metric.measure(await subjectOf(curved), seed);
      expect(['mean', 'bound']).toContain(found.kind);
      expect('value' in found && found.value).toBeGreaterThan(0.01);
    });

    it('gives the same bits for the same key, however the score batches, and others for another key', async () => {
      const subject = await subjectOf(curved);
      const first = await metric.measure(subject, seed);
      expect(await metric.measure(await subjectOf(rowByRow(curved)), seed)).toEqual(first);
      expect(await metric.measure(subject, key(14))).not.toEqual(first);
    });

    it('gives plain data, which can be cloned to another thread', async () => {
      const subject = await subjectOf(curved);
      const found = await metric.measure(subject, seed);
      expect(structuredClone(found)).toEqual(found);
      const compared = await metric.compare?.([subject, subject], seed);
      expect(structuredClone(compared)).toEqual(compared);
    });

    const { compare } = metric;
    if (compare !== undefined) {
      it('compares attributions as it measures them, and differs from itself by nothing', async () => {
        const subject = await subjectOf(curved);
        const { measured, differences } = await compare([subject, subject], seed);
        expect(measured[1]).toEqual(await metric.measure(subject, seed));
        expect(differences[0][1]).toMatchObject({ value: 0, stderr: 0 });
      });
    }

    it('is invalid where the score is not finite, never a number', async () => {
      const broken = functionScore({
        shape,
        value: () => Number.NaN,
        gradient: () => full(shape, Number.NaN),
      });
      const subject = { ...(await subjectOf(curved)), f: broken };
      expect(await metric.measure(subject, seed)).toMatchObject({ estimate: { kind: 'invalid' } });
    });

    it('refuses an input and an attribution of another shape', async () => {
      const subject = await subjectOf(curved);
      const { attribution } = subject;
      const odd = { ...attribution, values: zeros([12]) };
      for (const wrong of [
        { ...subject, x: zeros([12]) },
        { ...subject, attribution: odd },
      ]) {
        await expect(metric.measure(wrong, seed)).rejects.toMatchObject({ code: 'tensor-shape' });
      }
    });
  });
}

describe('a ranking', () => {
  const ranked = async (): Promise<Subject> => {
    const subject = await subjectOf(curved);
    return { ...subject, attribution: { ...subject.attribution, kind: 'ranking' } };
  };
  const scale = 'optimal';
  const accepting: readonly Metric[] = [
    infidelity(subset(), { draws: 20, scale }),
    sensitivityMax({ draws: 5, normalize: true }),
  ];
  const refusing: readonly Metric[] = [
    ...examples,
    infidelity(subset(), { draws: 20 }),
    infidelity(gaussian({ sigma: 0.3 }), { draws: 20, scale }),
  ];

  it.each(refusing.map((metric) => [metric.expression, metric] as const))(
    'has no units that %s could measure it in: the refusal names another metric',
    async (_, metric) => {
      await expect(metric.measure(await ranked(), seed)).rejects.toMatchObject({
        code: 'not-applicable',
        message: expect.stringMatching(/scale=optimal|normalize=true|masks/),
      });
    },
  );

  it.each(accepting.map((metric) => [metric.expression, metric] as const))(
    'has the same number by %s in any unit',
    async (_, metric) => {
      const subject = await ranked();
      const { attribution } = subject;
      const explain = named(
        async (f: Score, at: Tensor, k: typeof seed) => ({
          ...attribution,
          values: times((await slope(f, at, k)).values, 8),
        }),
        { expression: 'larger', kind: 'ranking' as const },
      );
      const larger = {
        ...subject,
        explain,
        attribution: { ...attribution, values: times(attribution.values, 8) },
      };
      const [{ estimate: one }, { estimate: other }] = [
        await metric.measure(subject, seed),
        await metric.measure(larger, seed),
      ];
      expect('value' in one && 'value' in other && other.value / one.value).toBeCloseTo(1, 10);
    },
  );

  it('is measured by infidelity as a global attribution is', async () => {
    const subject = await ranked();
    const global = { ...subject, attribution: { ...subject.attribution, kind: 'global' as const } };
    const [metric] = accepting;
    expect(await metric.measure(subject, seed)).toEqual(await metric.measure(global, seed));
  });
});
