import {
  gridFeatures,
  key,
  type Metric,
  quadraticScore,
  type Subject,
  singletons,
  tensor,
  valuesOfFeatures,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { infidelity } from '../infidelity/infidelity.js';
import { betterThanChance } from './better-than-chance.js';
import { shuffledSubject } from './shuffled.js';

const shape = [4];
const seed = key(21);
const normals = normalsOf(seed);
const f = quadraticScore(normals('A', [4, 4]), normals('w', shape));
const x = normals('x', shape);

const subjectOf = (values: readonly number[]): Subject => ({
  f,
  x,
  attribution: {
    values: tensor(values, shape),
    kind: 'local',
    method: 'given',
    key: seed,
    cost: { forward: 0, backward: 0 },
  },
});

/** All orders of a list. */
const orders = (list: readonly number[]): readonly (readonly number[])[] =>
  list.length < 2
    ? [list]
    : list.flatMap((first, i) => orders(list.filter((_, j) => j !== i)).map((rest) => [first, ...rest]));

const number = async (metric: Metric, subject: Subject): Promise<number> => {
  const { estimate } = await metric.measure(subject, seed);
  return 'value' in estimate ? estimate.value : Number.NaN;
};

describe('better-than-chance', () => {
  it('estimates the share of all 24 orders that are worse, equal ones counting half', async () => {
    const inner = infidelity(singletons());
    for (const values of [
      [0.3, -1, 2, 0.5],
      [1, 1, -2, 0],
    ]) {
      const subject = subjectOf(values);
      const own = await number(inner, subject);
      const all = await Promise.all(orders(values).map((order) => number(inner, subjectOf(order))));
      const truth = all.reduce((sum, other) => sum + (other > own ? 1 : other === own ? 0.5 : 0), 0) / 24;
      const shuffles = 4000;
      const { estimate } = await betterThanChance(inner, { shuffles }).measure(subject, seed);
      if (estimate.kind !== 'mean') throw new Error(`expected a mean, got ${estimate.kind}`);
      expect(Math.abs(estimate.value - truth)).toBeLessThan(4 * estimate.stderr);
      expect(estimate.stderr).toBeCloseTo(Math.sqrt((truth * (1 - truth)) / shuffles), 3);
    }
  });

  it('gives p, an interval and both numbers, of which those of a winner are the least p and an interval up to 1', async () => {
    // The explanation with the least infidelity of all orders of its numbers.
    const inner = infidelity(singletons());
    const all = orders([0.3, -1, 2, 0.5]);
    const numbers = await Promise.all(all.map((order) => number(inner, subjectOf(order))));
    const best = all[numbers.indexOf(Math.min(...numbers))];
    const { estimate, details } = await betterThanChance(inner, { shuffles: 19 }).measure(
      subjectOf(best),
      seed,
    );
    expect(estimate).toMatchObject({ kind: 'mean', n: 19 });
    const ties = 19 * 2 * (1 - ('value' in estimate ? estimate.value : 0));
    expect(details?.p).toBeCloseTo((1 + ties) / 20, 12);
    expect(details?.high).toBeLessThanOrEqual(1);
    expect(details?.low).toBeGreaterThan(0.5);
    expect(details?.value).toBe(Math.min(...numbers));
    expect(details?.median).toBeGreaterThan(Math.min(...numbers));
  });

  it('is 0.5 for an explanation whose numbers are all equal', async () => {
    const metric = betterThanChance(infidelity(singletons()), { shuffles: 9 });
    expect(await number(metric, subjectOf([1, 1, 1, 1]))).toBe(0.5);
  });

  it('keeps the numbers of features together, each as often as before', () => {
    const features = gridFeatures([4, 4], { cell: 2, layout: 'chw' });
    const values = valuesOfFeatures(Float64Array.of(1, 2, 3, 4), features, [4, 4]);
    const base = subjectOf([0, 0, 0, 0]);
    const subject = { ...base, x: zeros([4, 4]), attribution: { ...base.attribution, ...values } };
    const { attribution } = shuffledSubject(subject, key(3));
    const seen = new Map<number, Set<number>>();
    attribution.values.data.forEach((value, i) => {
      const of = features.of[i];
      seen.set(of, (seen.get(of) ?? new Set()).add(value));
    });
    expect([...seen.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1]);
    expect([...seen.values()].map((set) => [...set][0]).toSorted()).toEqual([1, 2, 3, 4]);
  });

  it('is invalid with the reason of the metric', async () => {
    const broken = subjectOf([Number.NaN, 0, 0, 0]);
    const { estimate } = await betterThanChance(infidelity(singletons()), { shuffles: 3 }).measure(
      broken,
      seed,
    );
    expect(estimate).toMatchObject({ kind: 'invalid', reason: expect.stringContaining('not finite') });
  });
});
