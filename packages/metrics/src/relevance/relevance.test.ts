import { type Attribution, key, linearScore, type Subject, tensor } from '@onnxplain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanAveragePrecision } from './mean-average-precision.js';
import { precisionAtK } from './precision-at-k.js';

const seed = key(1);

function subjectOf(values: readonly number[], change: Partial<Attribution> = {}): Subject {
  const shape = [values.length];
  const x = tensor(
    values.map((_, i) => i + 0.1),
    shape,
  );
  const cost = { forward: 0, backward: 0 };
  const attribution = {
    values: tensor(values, shape),
    kind: 'ranking' as const,
    method: 'given',
    key: seed,
    cost,
  };
  return { f: linearScore(tensor(values, shape)), x, attribution: { ...attribution, ...change } };
}

const numberOf = async (metric: ReturnType<typeof precisionAtK>, subject: Subject) => {
  const { estimate } = await metric.measure(subject, seed);
  return 'value' in estimate ? estimate.value : Number.NaN;
};

const labelled = (labels: readonly number[]) => tensor([...labels], [labels.length]);

describe('precision-at-k', () => {
  it('refuses labels that are not finite', () => {
    for (const label of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => precisionAtK(labelled([1, label, 0]))).toThrow(`got ${label} at element 1`);
  });

  it('is the share of the first k features that are relevant, of all where there are fewer', async () => {
    const subject = subjectOf([5, 1, 4, 2, 3]);
    const labels = labelled([1, 1, 0, 0, 7]);
    for (const [k, share] of [
      [1, 1],
      [2, 1 / 2],
      [3, 2 / 3],
      [4, 2 / 4],
      [5, 3 / 5],
      [9, 3 / 5],
    ])
      expect(await numberOf(precisionAtK(labels, { k }), subject)).toBe(share);
  });

  it('goes by absolute values unless it is told not to', async () => {
    const subject = subjectOf([5, -9, 4], { kind: 'local' });
    const labels = labelled([0, 1, 0]);
    expect(await numberOf(precisionAtK(labels, { k: 1 }), subject)).toBe(1);
    expect(await numberOf(precisionAtK(labels, { k: 1, order: 'signed' }), subject)).toBe(0);
  });

  it('takes a feature for relevant where one of its elements is', async () => {
    const features = { count: 2, of: Int32Array.of(0, 0, 1, 1) };
    const subject = subjectOf([1, 1, 2, 2], { features });
    expect(await numberOf(precisionAtK(labelled([0, 0, 0, 1]), { k: 1 }), subject)).toBe(1);
    expect(await numberOf(precisionAtK(labelled([1, 0]), { k: 1 }), subject)).toBe(0);
  });

  it('finds the labels of an input by its numbers', async () => {
    const [one, other] = [subjectOf([1, 2, 3]), { ...subjectOf([1, 2, 3]), x: tensor([7, 8, 9], [3]) }];
    const labels = tensor([0, 0, 1, 1, 0, 0], [2, 3]);
    const inputs = tensor(Float32Array.from([...one.x.data, 7, 8, 9]), [2, 3]);
    const metric = precisionAtK(labels, { k: 1, inputs });
    expect([await numberOf(metric, one), await numberOf(metric, other)]).toEqual([1, 0]);
    const third = { ...one, x: tensor([7, 8, 10], [3]) };
    await expect(metric.measure(third, seed)).rejects.toMatchObject({ code: 'not-applicable' });
    expect(() => precisionAtK(tensor([1, 0, 0], [1, 3]), { inputs })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });

  it('refuses labels that do not fit, and inputs without a relevant feature', async () => {
    const subject = subjectOf([1, 2, 3]);
    for (const [labels, code] of [
      [[1, 0], 'tensor-shape'],
      [[0, 0, 0], 'not-applicable'],
    ] as const)
      await expect(precisionAtK(labelled(labels)).measure(subject, seed)).rejects.toMatchObject({ code });
  });
});

describe('mean-average-precision', () => {
  it('is the mean of the precisions at the ranks of the relevant features', async () => {
    const case_ = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(case_, fc.integer({ min: 1, max: 255 }), async (values, bits) => {
        const labels = values.map((_, i) => (bits >> i) & 1);
        const relevant = [...values.keys()].filter((i) => labels[i] === 1);
        fc.pre(relevant.length > 0);
        const subject = subjectOf(values);
        const precisions = await Promise.all(
          relevant.map((i) => {
            const k = values.filter((each) => each >= values[i]).length;
            return numberOf(precisionAtK(labelled(labels), { k }), subject);
          }),
        );
        const mean = precisions.reduce((sum, each) => sum + each, 0) / relevant.length;
        expect(await numberOf(meanAveragePrecision(labelled(labels)), subject)).toBeCloseTo(mean, 12);
      }),
    );
  });

  it('is 1 where all relevant features come first', async () => {
    expect(await numberOf(meanAveragePrecision(labelled([0, 1, 1])), subjectOf([1, 3, 2]))).toBe(1);
  });
});
