import {
  asBatch,
  type Explainer,
  fail,
  fold,
  key,
  linearClassifier,
  linearScore,
  named,
  row,
  type Score,
  type Subject,
  tensor,
  toFloat64,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { randomisedWeights } from './randomised-weights.js';

const seed = key(6);
const shape = [30];
const normals = normalsOf(seed);
const x = normals('x', shape);
const trained = normals('trained', shape);
/** The weights that a draw gives. */
const drawnBy = (at: typeof seed) => normalsOf(at)('drawn', shape);

/** A linear score whose weights can be drawn. */
const f: Score = {
  ...linearScore(trained),
  with: async ({ weights }) => linearScore(weights === undefined ? trained : drawnBy(weights.key)),
};

const slope: Explainer = named(
  async (g: Score, at: typeof x, k: typeof seed) => ({
    values: toFloat64(row(await g.gradient(asBatch(at)), 0)),
    kind: 'local' as const,
    method: 'slope',
    key: k,
    cost: { forward: 0, backward: 1 },
  }),
  { expression: 'slope', kind: 'local' as const },
);

/** Explains the input, whatever the score. */
const inputOnly: Explainer = named(
  async (...given: Parameters<typeof slope>) => ({ ...(await slope(...given)), values: toFloat64(given[1]) }),
  { expression: 'input-only', kind: 'local' as const },
);

const subjectOf = async (explain: Explainer): Promise<Subject> => ({
  f,
  x,
  explain,
  attribution: await explain(f, x, seed),
});

/** Spearman's correlation of numbers without ties, from its formula. */
function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const rank = (all: ArrayLike<number>, i: number) => Array.from(all).filter((each) => each < all[i]).length;
  const n = a.length;
  const squares = Array.from(a, (_, i) => (rank(a, i) - rank(b, i)) ** 2);
  return 1 - (6 * squares.reduce((sum, each) => sum + each, 0)) / (n * (n * n - 1));
}

describe('randomised-weights', () => {
  it('is the mean rank correlation over the draws, with its standard error, in both orders', async () => {
    const truth = (order: (value: number) => number) => {
      const each = [0, 1, 2].map((i) => {
        const drawn = drawnBy(fold(fold(seed, 'weights'), i)).data;
        return spearman(Array.from(trained.data, order), Array.from(drawn, order));
      });
      const mean = each.reduce((sum, value) => sum + value, 0) / 3;
      return { mean, stderr: Math.sqrt(each.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 6) };
    };
    const [absolute, signed] = [truth(Math.abs), truth((value) => value)];
    const { estimate, details } = await randomisedWeights({ draws: 3 }).measure(await subjectOf(slope), seed);
    expect(estimate).toMatchObject({ kind: 'mean', n: 3 });
    expect('value' in estimate && estimate.value).toBeCloseTo(absolute.mean, 12);
    expect('stderr' in estimate && estimate.stderr).toBeCloseTo(absolute.stderr, 12);
    expect(details?.signed).toBeCloseTo(signed.mean, 12);
    expect(details?.signedStderr).toBeCloseTo(signed.stderr, 12);
    const other = await randomisedWeights({ draws: 3, order: 'signed' }).measure(
      await subjectOf(slope),
      seed,
    );
    expect('value' in other.estimate && other.estimate.value).toBeCloseTo(signed.mean, 12);
  });

  it('of a cascade is what every depth alone is, in both orders', async () => {
    // The first `layers` tenths of the weights are drawn.
    const layered: Score = {
      ...f,
      with: async ({ weights }) => {
        if (weights === undefined || weights.layers === 'all') throw new Error('a number of layers');
        const drawn = drawnBy(weights.key).data;
        const to = 10 * weights.layers;
        return linearScore(
          tensor(
            trained.data.map((value, i) => (i < to ? drawn[i] : value)),
            shape,
          ),
        );
      },
    };
    const subject = { ...(await subjectOf(slope)), f: layered };
    const { estimate, details, curve } = await randomisedWeights({ layers: 3, cascade: true }).measure(
      subject,
      seed,
    );
    for (const layers of [1, 2, 3]) {
      const alone = await randomisedWeights({ layers }).measure(subject, seed);
      expect(alone.curve).toBeUndefined();
      if (layers === 3) expect(alone.estimate).toEqual(estimate);
      expect(alone.estimate).toMatchObject({
        value: curve?.y[layers - 1],
        stderr: curve?.stderr?.[layers - 1],
      });
      for (const order of ['absolute', 'signed', 'absoluteStderr', 'signedStderr'])
        expect(details?.[`${order} ${layers}`]).toBe(alone.details?.[order]);
    }
    expect(curve?.x).toEqual([1, 2, 3]);
    expect(() => randomisedWeights({ layers: 'all', cascade: true })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });

  it('is 1 for an explanation that does not depend on the weights', async () => {
    const { estimate } = await randomisedWeights().measure(await subjectOf(inputOnly), seed);
    expect(estimate).toMatchObject({ kind: 'mean', stderr: 0 });
    expect('value' in estimate && estimate.value).toBeCloseTo(1, 12);
  });

  it('counts a feature of several elements once', async () => {
    const features = {
      count: 15,
      of: Int32Array.from(shape.flatMap((n) => Array.from({ length: n }, (_, i) => i >> 1))),
    };
    const inPairs: Explainer = named(
      async (...given: Parameters<typeof slope>) => {
        const found = await slope(...given);
        const values = tensor(
          Float64Array.from(features.of, (at) => found.values.data[2 * at]),
          shape,
        );
        return { ...found, values, features };
      },
      { expression: 'in-pairs', kind: 'local' as const },
    );
    const subject = await subjectOf(inPairs);
    const { estimate } = await randomisedWeights({ draws: 2, order: 'signed' }).measure(subject, seed);
    const even = ({ data }: typeof x) => data.filter((_, i) => i % 2 === 0);
    const each = [0, 1].map((i) => spearman(even(trained), even(drawnBy(fold(fold(seed, 'weights'), i)))));
    expect('value' in estimate && estimate.value).toBeCloseTo((each[0] + each[1]) / 2, 12);
  });

  it('explains the class that each drawn model predicts, where it is asked to', async () => {
    const [classes, biases] = [4, tensor(new Float64Array(4), [4])];
    const weightsOf = (at?: typeof seed) => normalsOf(at ?? seed)('classes', [classes, 30]);
    const scoreOf = (weights: ReturnType<typeof weightsOf>, target: number): Score => ({
      ...linearClassifier(weights, biases, { target }),
      with: async ({ weights: drawn, target: other = target }) =>
        scoreOf(weightsOf(drawn?.key), Number(other)),
    });
    const g = scoreOf(weightsOf(), 1);
    const subject = { f: g, x, explain: slope, attribution: await slope(g, x, seed) };
    const dot = (weights: ReturnType<typeof weightsOf>, k: number) =>
      Array.from(row(weights, k).data).reduce((sum, w, i) => sum + w * x.data[i], 0);
    const draws = [0, 1, 2, 3, 4].map((i) => weightsOf(fold(fold(seed, 'weights'), i)));
    const truth = (classOf: (weights: ReturnType<typeof weightsOf>) => number) =>
      draws
        .map((drawn) => spearman(slopes(weightsOf(), 1), slopes(drawn, classOf(drawn))))
        .reduce((sum, each) => sum + each / draws.length, 0);
    const slopes = (weights: ReturnType<typeof weightsOf>, k: number) =>
      Array.from(row(weights, k).data, Math.abs);
    const best = (weights: ReturnType<typeof weightsOf>) =>
      [0, 1, 2, 3].reduce((top, k) => (dot(weights, k) > dot(weights, top) ? k : top), 0);
    expect(new Set(draws.map(best)).size).toBeGreaterThan(1);
    const measured = async (explained: 'same' | 'predicted') => {
      const { estimate } = await randomisedWeights({ explained }).measure(subject, seed);
      return 'value' in estimate ? estimate.value : Number.NaN;
    };
    expect(await measured('predicted')).toBeCloseTo(truth(best), 12);
    expect(await measured('same')).toBeCloseTo(
      truth(() => 1),
      12,
    );
    const without = { ...(await subjectOf(slope)) };
    await expect(randomisedWeights({ explained: 'predicted' }).measure(without, seed)).rejects.toMatchObject({
      code: 'not-applicable',
    });
  });

  it('is invalid where the explanation has no ranks, and refused without an explainer or weights', async () => {
    const subject = await subjectOf(slope);
    const flat = { ...subject.attribution, values: tensor(new Float64Array(30), shape) };
    const measure = (change: Partial<Subject>) =>
      randomisedWeights().measure({ ...subject, ...change }, seed);
    expect((await measure({ attribution: flat })).estimate).toMatchObject({ kind: 'invalid' });
    await expect(measure({ explain: undefined })).rejects.toMatchObject({ code: 'not-applicable' });
    const { with: _, ...bare } = f;
    await expect(measure({ f: bare })).rejects.toMatchObject({ code: 'not-applicable' });
  });

  it('says what to do where the explainer refuses the class of the score on a drawn model', async () => {
    const subject = await subjectOf(slope);
    const refusing: Explainer = named(
      async (...given: Parameters<typeof slope>) =>
        given[0] === f
          ? slope(...given)
          : fail({ code: 'not-applicable', where: 'it', expected: 'the predicted class', got: 'another' }),
      { expression: 'refusing', kind: 'local' as const },
    );
    const measured = randomisedWeights({ draws: 3 }).measure({ ...subject, explain: refusing }, seed);
    await expect(measured).rejects.toMatchObject({
      code: 'not-applicable',
      diagnosis: { expected: 'the predicted class', remedy: expect.stringContaining('explained=predicted') },
    });
  });
});
