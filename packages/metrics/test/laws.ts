import {
  type Estimate,
  fold,
  full,
  functionScore,
  interval,
  type Key,
  key,
  type Metric,
  type MetricPromise,
  meter,
  type Subject,
  zeros,
} from '@onnxplain/core';
import { expect } from 'vitest';
import type { Example } from './examples.js';
import { seed, shape, slope, splitting, subjects, withMargin, withWrongAttribution } from './subjects.js';

/** Something that holds for every metric, or for every one that promises it. */
export interface Law {
  /** A sentence about the metric. */
  readonly title: string;
  /** The law holds for metrics that promise this; default: for all. */
  readonly promise?: MetricPromise;
  /** The law holds for metrics that do not promise this. */
  readonly unless?: MetricPromise;
  /** Throws where the law is broken. */
  check(example: Example): Promise<void>;
}

const curved = subjects.curved;

const estimateOf = async (metric: Metric, subject: Subject, k: Key = seed): Promise<Estimate> =>
  (await metric.measure(subject, k)).estimate;

/** The number of an estimate; throws for one without. */
function numberOf(estimate: Estimate): number {
  expect(estimate).toHaveProperty('value');
  return 'value' in estimate ? estimate.value : Number.NaN;
}

const kindOf = (estimate: Estimate): string =>
  estimate.kind === 'bound' ? `${estimate.side}-bound` : estimate.kind;

/** Laws of every metric. */
const always: readonly Law[] = [
  {
    title: 'gives the same bits for the same subject and key',
    async check({ metric }) {
      expect(await metric.measure(curved, seed)).toEqual(await metric.measure(curved, seed));
    },
  },
  {
    title: 'gives the same bits however the score splits its batches',
    async check({ metric }) {
      const whole = await metric.measure(curved, seed);
      for (const size of [1, 3]) {
        expect(await metric.measure({ ...curved, f: splitting(curved.f, size) }, seed)).toEqual(whole);
      }
    },
  },
  {
    title: 'costs what it planned, where it plans',
    async check({ metric }) {
      const metered = meter(curved.f);
      const subject = { ...curved, f: metered.score, explain: slope };
      const planned = metric.plannedCost?.(curved.f, curved.x, [slope]);
      await metric.measure(subject, seed);
      if (planned === undefined) return;
      const { forward, backward } = metered.cost();
      if (planned.atMost) {
        expect(planned.forward).toBeGreaterThanOrEqual(forward);
        expect(planned.backward).toBeGreaterThanOrEqual(backward);
      } else expect(planned).toMatchObject({ forward, backward });
    },
  },
  {
    title: 'gives a kind of estimate that it promises',
    async check({ metric, promises }) {
      expect(promises).toContain(kindOf(await estimateOf(metric, curved)));
    },
  },
  {
    title: 'gives plain data, which can be cloned to another thread',
    async check({ metric }) {
      const compared = await metric.compare?.([curved, curved], seed);
      for (const data of [await metric.measure(curved, seed), compared]) {
        expect(() => structuredClone(data)).not.toThrow();
        expect(structuredClone(data)).toEqual(data);
      }
    },
  },
  {
    title: 'states its name, units, source and definition completely',
    async check({ metric }) {
      const { name, expression, units, source, definition } = metric;
      expect(expression === name || expression.startsWith(`${name}(`)).toBe(true);
      const texts = [name, units, source, ...Object.keys(definition), ...Object.values(definition)];
      expect(definition).toHaveProperty('value');
      expect(texts.filter((text) => text.trim() === '' || /undefined|NaN|\[object/.test(text))).toEqual([]);
    },
  },
  {
    title: 'gives no number outside of the least and greatest that it states',
    async check({ metric }) {
      const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = metric;
      for (const subject of [...Object.values(subjects), withWrongAttribution(curved)]) {
        const estimate = await estimateOf(metric, subject);
        if (!('value' in estimate)) continue;
        expect(estimate.value).toBeGreaterThanOrEqual(least);
        expect(estimate.value).toBeLessThanOrEqual(most);
      }
    },
  },
  {
    title: 'refuses an input and an attribution of another shape',
    async check({ metric }) {
      const wrong = [
        { ...curved, x: zeros([12]) },
        { ...curved, attribution: { ...curved.attribution, values: zeros([12]) } },
      ];
      for (const subject of wrong) {
        await expect(metric.measure(subject, seed)).rejects.toMatchObject({ code: 'tensor-shape' });
      }
    },
  },
  {
    title: 'refuses a ranking, with a remedy, unless it gives it the same number in any unit',
    async check({ metric }) {
      const measure = (factor: number) => metric.measure(rankingOf(factor), seed);
      const outcome = await measure(1).catch((error: unknown) => ({ error }));
      if ('error' in outcome) {
        expect(outcome.error).toMatchObject({
          code: 'not-applicable',
          diagnosis: { remedy: expect.any(String) },
        });
      } else {
        expect(metric.comparable ?? 'any').toBe('any');
        const other = numberOf((await measure(8)).estimate);
        expect(other / numberOf(outcome.estimate)).toBeCloseTo(1, 10);
      }
    },
  },
  {
    title: 'is invalid where the score is not finite, never a number',
    unless: 'ignores-score',
    async check({ metric }) {
      const f = withMargin(
        functionScore({
          shape,
          value: () => Number.NaN,
          gradient: () => full(shape, Number.NaN),
        }),
      );
      expect(await estimateOf(metric, { ...curved, f })).toMatchObject({ kind: 'invalid' });
    },
  },
  {
    title: 'has a curve only if its number is the area of the curve',
    async check({ metric, promises }) {
      const { curve } = await metric.measure(curved, seed);
      expect(curve !== undefined).toBe(promises.includes('area-of-curve'));
    },
  },
];

/** The gradient of the quadratic score, times a factor, as a ranking. */
function rankingOf(factor: number): Subject {
  const scaled = (attribution: Subject['attribution']) => ({
    ...attribution,
    kind: 'ranking' as const,
    values: { ...attribution.values, data: attribution.values.data.map((value) => factor * value) },
  });
  const { explain } = curved;
  return {
    ...curved,
    attribution: scaled(curved.attribution),
    explain:
      explain &&
      Object.assign(async (...given: Parameters<typeof explain>) => scaled(await explain(...given)), {
        expression: 'ranking',
        kind: 'ranking' as const,
      }),
  };
}

/** Laws of metrics that compare several attributions. */
const comparing: readonly Law[] = [
  {
    title: 'compares attributions as it measures them',
    async check({ metric }) {
      const both = [curved, withWrongAttribution(curved)];
      const compared = await metric.compare?.(both, seed);
      if (compared === undefined) return;
      for (const [i, subject] of both.entries()) {
        expect(compared.measured[i]).toEqual(await metric.measure(subject, seed));
      }
    },
  },
  {
    title:
      'gives differences that are antisymmetric, fit the numbers, and are 0 of an attribution from itself',
    unless: 'upper-bound',
    async check({ metric }) {
      const both = [curved, withWrongAttribution(curved)];
      const compared = await metric.compare?.(both, seed);
      if (compared === undefined) return;
      const { measured, differences } = compared;
      const [a, b] = measured.map(({ estimate }) => numberOf(estimate));
      const [[same, forth], [back, sameToo]] = differences;
      expect([numberOf(same), numberOf(sameToo)]).toEqual([0, 0]);
      expect(numberOf(forth) / (a - b)).toBeCloseTo(1, 9);
      expect(numberOf(back)).toBe(-numberOf(forth));
      const errors = [same, sameToo, forth, back].map((each) => ('stderr' in each ? each.stderr : 0));
      expect(errors.slice(0, 2)).toEqual([0, 0]);
      expect(errors[2]).toBe(errors[3]);
    },
  },
  {
    title: 'gives no number for the difference of two bounds, whose error is not known',
    promise: 'upper-bound',
    async check({ metric }) {
      const compared = await metric.compare?.([curved, withWrongAttribution(curved)], seed);
      if (compared === undefined) return;
      const [[same, forth], [back]] = compared.differences;
      expect(numberOf(same)).toBe(0);
      expect([forth.kind, back.kind]).toEqual(['invalid', 'invalid']);
    },
  },
];

const COVERAGE_KEYS = 100;
/** Of 100 intervals of 95 %, fewer than this hold the true value once in 1000 tries where the true share is 90 %. */
const LEAST_COVERED = 80;

/** Laws that a metric promises. */
const promised: readonly Law[] = [
  {
    title: 'gives another number for another key',
    promise: 'random',
    async check({ metric }) {
      const [one, other] = [await estimateOf(metric, curved), await estimateOf(metric, curved, key(14))];
      expect(numberOf(other)).not.toBe(numberOf(one));
    },
  },
  {
    title: 'gives the same number for every score',
    promise: 'ignores-score',
    async check({ metric }) {
      const { f } = subjects.constant;
      expect(await estimateOf(metric, { ...curved, f })).toEqual(await estimateOf(metric, curved));
    },
  },
  {
    title: 'gives the same number for every key',
    unless: 'random',
    async check({ metric }) {
      expect(await estimateOf(metric, curved, key(14))).toEqual(await estimateOf(metric, curved));
    },
  },
  {
    title: 'is 0 for the gradient of a linear score',
    promise: 'zero-when-exact',
    async check({ metric }) {
      expect(numberOf(await estimateOf(metric, subjects.linear))).toBeCloseTo(0, 20);
    },
  },
  {
    title: 'calls the gradient of a linear score better than random numbers',
    promise: 'zero-when-exact',
    async check({ metric }) {
      const right = numberOf(await estimateOf(metric, subjects.linear));
      const wrong = numberOf(await estimateOf(metric, withWrongAttribution(subjects.linear)));
      expect(metric.better).toBe(right < wrong ? 'lower' : 'higher');
    },
  },
  {
    title: 'is above 0 for the gradient of a quadratic score',
    promise: 'positive-when-curved',
    async check({ metric }) {
      expect(numberOf(await estimateOf(metric, curved))).toBeGreaterThan(0.01);
    },
  },
  {
    title: 'has intervals that hold what many draws give as often as they say',
    promise: 'mean',
    async check({ metric, more }) {
      const reference = numberOf(await estimateOf(more(10_000), curved, fold(seed, 'many')));
      let covered = 0;
      for (let i = 0; i < COVERAGE_KEYS; i++) {
        const found = interval(await estimateOf(metric, curved, fold(seed, i)), {
          least: metric.least,
          most: metric.most,
        });
        if (found && found.low <= reference && reference <= found.high) covered++;
      }
      expect(covered).toBeGreaterThanOrEqual(LEAST_COVERED);
    },
  },
  {
    title: 'never falls with more draws as a lower bound, and never grows as an upper bound',
    promise: 'monotone',
    async check({ metric, more }) {
      const estimates = await Promise.all(
        [metric, more(20), more(80)].map((each) => estimateOf(each, curved)),
      );
      const numbers = estimates.map(numberOf);
      const growing = 'side' in estimates[0] && estimates[0].side === 'lower';
      expect(numbers).toEqual(numbers.toSorted((a, b) => (growing ? a - b : b - a)));
    },
  },
  {
    title: 'is censored above a positive limit where the score is the same everywhere',
    promise: 'censored-when-constant',
    async check({ metric }) {
      const estimate = await estimateOf(metric, subjects.constant);
      expect(estimate).toMatchObject({ kind: 'censored' });
      expect('above' in estimate && estimate.above).toBeGreaterThan(0);
    },
  },
  {
    title: 'has a curve over ascending percentages with one value and one label for each axis',
    promise: 'area-of-curve',
    async check({ metric }) {
      const { curve } = await metric.measure(curved, seed);
      expect(curve?.y).toHaveLength(curve?.x.length ?? -1);
      for (const beside of [curve?.stderr, curve?.censored])
        if (beside !== undefined) expect(beside).toHaveLength(curve?.y.length ?? -1);
      expect(curve?.x[0]).toBeGreaterThanOrEqual(0);
      expect(curve?.x.at(-1)).toBeLessThanOrEqual(100);
      expect(curve?.x.every((at, i, all) => i === 0 || at > all[i - 1])).toBe(true);
      expect([curve?.xLabel, curve?.yLabel]).not.toContain('');
    },
  },
  {
    title: 'is the area below its curve by the trapezoid rule',
    promise: 'area-of-curve',
    async check({ metric }) {
      const { curve, estimate } = await metric.measure(curved, seed);
      const { x = [], y = [] } = curve ?? {};
      const strips = x.slice(1).map((to, i) => ((to - x[i]) * (y[i] + y[i + 1])) / 2);
      expect(numberOf(estimate) / strips.reduce((sum, area) => sum + area, 0)).toBeCloseTo(1, 12);
    },
  },
];

export const laws: readonly Law[] = [...always, ...comparing, ...promised];

/** Whether a law is one of an example. */
export const holdsFor = ({ promise, unless }: Law, { promises }: Example): boolean =>
  (promise === undefined || promises.includes(promise)) &&
  !(unless !== undefined && promises.includes(unless));
