import {
  type Attribution,
  functionScore,
  gaussianBlur,
  key,
  row,
  type Score,
  type Subject,
  superpixels,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { deletion } from './deletion.js';
import { insertion } from './insertion.js';
import { importances, importancesOver, ranksOf } from './ranks.js';
import { countOf } from './sizes.js';

const shape = [2, 1, 4];
const seed = key(3);
const normals = normalsOf(seed);
const x = normals('x', shape);
const w = normals('w', shape);
const values = normals('values', shape);

/** A function with interactions. */
const f: Score = functionScore({
  shape,
  value: (at) => Array.from(at.data).reduce((sum, v, i) => sum + w.data[i] * v, 0) + at.data[0] * at.data[5],
  gradient: () => zeros(shape),
});

const subjectOf = (change: Partial<Attribution> = {}, score = f): Subject => ({
  f: score,
  x,
  attribution: {
    values,
    kind: 'local',
    method: 'given',
    key: seed,
    cost: { forward: 0, backward: 0 },
    ...change,
  },
});

const numberOf = async (metric: ReturnType<typeof deletion>, subject: Subject) => {
  const { estimate } = await metric.measure(subject, seed);
  return 'value' in estimate ? estimate.value : Number.NaN;
};

/** f where the elements of a set are at 0.5, as a curve over how many come first, from its definition. */
async function slowCurve(numbers: ArrayLike<number>, percentages: number[], keepFirst: boolean) {
  const order = Array.from(numbers, (_, i) => i).sort((a, b) => numbers[b] - numbers[a]);
  return Promise.all(
    percentages.map(async (each) => {
      const first = order.slice(0, Math.floor((each * order.length) / 100));
      const at = Array.from(x.data, (v, i) => (first.includes(i) === keepFirst ? v : 0.5));
      return (await f.value(tensor(at, [1, ...shape])))[0];
    }),
  );
}

describe('deletion and insertion', () => {
  const percentages = [0, 10, 25, 50, 75, 100];

  it.each([
    ['deletion', deletion, false],
    ['insertion', insertion, true],
  ] as const)('%s is f along the ranking, from its definition', async (_, make, keepFirst) => {
    for (const order of ['absolute', 'signed'] as const) {
      const numbers = order === 'signed' ? values.data : values.data.map(Math.abs);
      const truth = await slowCurve(numbers, percentages, keepFirst);
      const metric = make({ reference: 0.5, percentages, order });
      const { curve, estimate } = await metric.measure(subjectOf(), seed);
      expect(curve?.y).toEqual(truth);
      expect(curve?.stderr).toBeUndefined();
      expect(estimate.kind).toBe('exact');
    }
  });

  it('take a ranking by its values with their signs', async () => {
    const metric = deletion({ reference: 0, percentages });
    const signed = deletion({ reference: 0, percentages, order: 'signed' });
    const ranking = await numberOf(metric, subjectOf({ kind: 'ranking' }));
    expect(ranking).toBe(await numberOf(signed, subjectOf()));
    expect(ranking).not.toBe(await numberOf(metric, subjectOf()));
  });

  it('count a feature of several elements once', async () => {
    const of = Int32Array.of(0, 0, 1, 1, 2, 2, 2, 2);
    const numbers = [3, 5, 4];
    const grouped = { values: tensor([3, 3, 5, 5, 4, 4, 4, 4], shape), features: { count: 3, of } };
    const metric = deletion({ reference: 0, percentages: [33, 34, 67, 100] });
    const { curve } = await metric.measure(subjectOf(grouped), seed);
    const without = async (...gone: number[]) => {
      const at = Array.from(x.data, (v, i) => (gone.includes(numbers[of[i]]) ? 0 : v));
      return (await f.value(tensor(at, [1, ...shape])))[0];
    };
    expect(curve?.y).toEqual([
      await without(),
      await without(5),
      await without(5, 4),
      await without(5, 4, 3),
    ]);
  });

  it('have the same reference for both, in the bounds of the input', async () => {
    const seen: number[] = [];
    const watching: Score = {
      ...f,
      bounds: [-2, -1],
      async value(batch) {
        seen.push(...batch.data);
        return new Float64Array(batch.shape[0]);
      },
    };
    const everything = [0, 100];
    await deletion({ draws: 1, percentages: everything }).measure(subjectOf({}, watching), seed);
    const removed = seen.splice(0).slice(8);
    await insertion({ draws: 1, percentages: everything }).measure(subjectOf({}, watching), seed);
    expect(seen.slice(0, 8)).toEqual(removed);
    for (const value of removed) expect(value >= -2 && value < -1).toBe(true);
  });

  it('know the mean of each channel and the blurred input as references', async () => {
    const channels = [0, 4].map((from) => Array.from(x.data.subarray(from, from + 4)));
    const mean = channels.flatMap((own) => own.map(() => own.reduce((a, b) => a + b, 0) / 4));
    const blurred = gaussianBlur('test', x, { layout: 'chw', sigma: 5, radius: 5 });
    expect(await numberOf(deletion({ reference: 'mean' }), subjectOf())).toBeCloseTo(
      await numberOf(deletion({ reference: tensor(mean, shape) }), subjectOf()),
      12,
    );
    expect(await numberOf(deletion({ reference: 'blur' }), subjectOf())).toBe(
      await numberOf(deletion({ reference: blurred }), subjectOf()),
    );
  });

  it('average over several references in a tensor, with a standard error', async () => {
    const several = normals('several', [3, ...shape]);
    const each = await Promise.all(
      [0, 1, 2].map((i) => numberOf(insertion({ reference: row(several, i) }), subjectOf())),
    );
    const mean = each.reduce((sum, value) => sum + value, 0) / 3;
    const variance = each.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2;
    const { estimate } = await insertion({ reference: several }).measure(subjectOf(), seed);
    expect(estimate).toMatchObject({ kind: 'mean', n: 3 });
    expect('value' in estimate && estimate.value).toBeCloseTo(mean, 10);
    expect('stderr' in estimate && estimate.stderr).toBeCloseTo(Math.sqrt(variance / 3), 10);
  });

  it('take counts of features in place of percentages, no more than there are', async () => {
    const counted = await deletion({ reference: 0.5, counts: [0, 2, 9] }).measure(subjectOf(), seed);
    const { curve } = await deletion({ reference: 0.5, percentages: [0, 25, 100] }).measure(
      subjectOf(),
      seed,
    );
    expect(counted.curve).toMatchObject({ x: [0, 2, 9], xLabel: 'features removed', y: curve?.y });
  });

  it('rank other features than those of the attribution by their sums, slopes by their norm', async () => {
    const tokens = tensor([0, 0, 1, 1, 0, 0, 1, 1], shape);
    const metric = deletion({ reference: 0, features: tokens, percentages: [0, 50, 100] });
    const given = { values: tensor([1, 1, 3, -3, 1, 1, 3, -3], shape) };
    const without = async (gone: number) => {
      const at = Array.from(x.data, (v, i) => (tokens.data[i] === gone ? 0 : v));
      return (await f.value(tensor(at, [1, ...shape])))[0];
    };
    const second = async (kind: Attribution['kind']) =>
      (await metric.measure(subjectOf({ ...given, kind }), seed)).curve?.y[1];
    expect(await second('local')).toBe(await without(1));
    expect(await second('global')).toBe(await without(0));
  });

  it('refuse draws of a reference that is always the same, and percentages that do not ascend', () => {
    const refused = expect.objectContaining({ code: 'option-value' });
    expect(() => deletion({ reference: 'mean', draws: 3 })).toThrow(refused);
    expect(() => insertion({ percentages: [10, 5] })).toThrow(refused);
    expect(() => insertion({ percentages: [0, 101] })).toThrow(refused);
    expect(() => insertion({ percentages: [5] })).toThrow(refused);
    expect(() => insertion({ counts: [2, 1] })).toThrow(refused);
    expect(() => insertion({ counts: [1, 2], percentages: [5, 10] })).toThrow(refused);
  });

  it('are known by their expressions', () => {
    expect(deletion().expression).toBe('deletion(draws=100)');
    expect(insertion({ reference: 0.5, percentages: [0, 50] }).expression).toBe(
      'insertion(reference=0.5, percentages=[0,50])',
    );
  });
});

describe('ranks', () => {
  it('break ties in an order that the key decides, the same for every attribution', () => {
    const tied = new Float64Array(50);
    expect(ranksOf(tied, seed)).toEqual(
      ranksOf(
        tied.map(() => 7),
        seed,
      ),
    );
    expect(ranksOf(tied, seed)).not.toEqual(ranksOf(tied, key(4)));
    expect([...ranksOf(Float64Array.of(1, 3, 2), seed)]).toEqual([2, 0, 1]);
  });

  it.each([
    ['deletion', deletion],
    ['insertion', insertion],
  ])('%s over superpixels removes the parts that the input has', async (_, make) => {
    const image = [1, 12, 12];
    // Four squares of unequal brightness.
    const picture = tensor(
      Float64Array.from({ length: 144 }, (_, i) => (i % 12 < 6 ? 0.2 : 0.9) + (i < 72 ? 0 : 3)),
      image,
    );
    const g = functionScore({
      shape: image,
      value: ({ data }) => data[0] * data[143] + 3 * data[11] - data[132],
      gradient: () => zeros(image),
    });
    const own = { values: normals('picture', image) };
    const subject = { ...subjectOf(own, g), x: picture };
    const { count, of } = superpixels(picture);
    const labels = tensor(Float64Array.from(of), image);
    const options = { reference: 0, percentages: [0, 10, 50, 100] };
    const found = await make({ ...options, features: 'superpixels' }).measure(subject, seed);
    expect(count).toBeLessThan(144);
    expect(found).toEqual(await make({ ...options, features: labels }).measure(subject, seed));
    expect(found).not.toEqual(await make(options).measure(subject, seed));
  });

  it('count a percentage of features without losing one to rounding', () => {
    expect([29, 57, 58].map((each) => countOf(each, 100))).toEqual([29, 57, 58]);
    expect(countOf(5, 784)).toBe(39);
  });

  it('add up the numbers of other features, each that several elements share once', () => {
    const features = { count: 3, of: Int32Array.of(0, 0, 1, 2) };
    const over = { count: 2, of: Int32Array.of(0, 0, 0, 1) };
    const given = { values: tensor([-2, -2, 1, 4], [4]), features };
    expect([...importancesOver({ ...given, kind: 'global' }, over, 'signed')]).toEqual([-1, 4]);
    expect([...importancesOver({ ...given, kind: 'global' }, over, 'absolute')]).toEqual([1, 4]);
    expect([...importancesOver({ ...given, kind: 'ranking' }, over, 'absolute')]).toEqual([-1, 4]);
    expect([...importancesOver({ ...given, kind: 'local' }, over, 'absolute')]).toEqual([Math.sqrt(5), 4]);
  });

  it('go by absolute values, except of rankings', () => {
    const given = { values: tensor([-2, 1], [2]) };
    expect([...importances({ ...given, kind: 'global' }, 'absolute')]).toEqual([2, 1]);
    expect([...importances({ ...given, kind: 'ranking' }, 'absolute')]).toEqual([-2, 1]);
  });
});
