import { type Estimate, key, type Measured, type Metric, OnnxplainError, type Score } from '@onnxplain/core';
import { expect, it } from 'vitest';
import { type Example, examples } from './examples.js';
import { holdsFor, type Law, laws } from './laws.js';
import { toys } from './toys.js';

/** Changes what a metric gives. */
const measuring =
  (change: (measured: Measured, call: number) => Measured) =>
  (metric: Metric): Metric => {
    let calls = 0;
    const measure: Metric['measure'] = async (subject, key) =>
      change(await metric.measure(subject, key), ++calls);
    return { ...metric, measure };
  };

const estimating = (change: (estimate: Estimate, call: number) => Estimate) =>
  measuring(({ estimate, ...rest }, call) => ({ ...rest, estimate: change(estimate, call) }));

const adding = (amount: number) =>
  estimating((estimate) =>
    'value' in estimate ? { ...estimate, value: estimate.value + amount } : estimate,
  );

const stating = (change: Partial<Metric>) => (metric: Metric) => ({ ...metric, ...change });

/** Gives 0 where the metric refuses. */
const accepting = (metric: Metric): Metric => ({
  ...metric,
  measure: (subject, key) =>
    metric.measure(subject, key).catch((error: unknown) => {
      if (error instanceof OnnxplainError) return { estimate: { kind: 'exact', value: 0 } };
      throw error;
    }),
});

/** Gives a number for the object that computes the score, whatever the score is. */
function numberingScores(metric: Metric): Metric {
  const scores: Score[] = [];
  return {
    ...metric,
    async measure({ f }) {
      if (!scores.includes(f)) scores.push(f);
      return { estimate: { kind: 'exact', value: scores.indexOf(f) } };
    },
  };
}

type Breaker = (metric: Metric) => Metric;

/** For each law a way to break it. */
const breakers: Readonly<Record<string, Breaker>> = {
  'gives the same bits for the same subject and key': estimating((estimate, call) =>
    'value' in estimate ? { ...estimate, value: call } : estimate,
  ),
  'gives the same bits however the score splits its batches': numberingScores,
  'gives a kind of estimate that it promises': estimating(() => ({ kind: 'censored', above: 1, n: 1 })),
  'gives plain data, which can be cloned to another thread': measuring((measured) =>
    Object.assign({ toString: () => 'measured' }, measured),
  ),
  'states its name, units, source and definition completely': stating({ units: '' }),
  'gives no number outside of the least and greatest that it states': stating({ most: -Number.MAX_VALUE }),
  'costs what it planned, where it plans': (metric) => ({
    ...metric,
    plannedCost: () => ({ forward: -1, backward: -1 }),
  }),
  'refuses an input and an attribution of another shape': accepting,
  'refuses a ranking, with a remedy, unless it gives it the same number in any unit': (metric) =>
    stating({ comparable: 'same-kind' })(accepting(metric)),
  'is invalid where the score is not finite, never a number': estimating(() => ({ kind: 'exact', value: 0 })),
  'has a curve only if its number is the area of the curve': measuring(({ curve, ...rest }) =>
    curve ? rest : { ...rest, curve: { xLabel: 'x', x: [0], yLabel: 'y', y: [0] } },
  ),
  'compares attributions as it measures them': adding(1),
  'gives differences that are antisymmetric, fit the numbers, and are 0 of an attribution from itself': (
    metric,
  ) => ({
    ...metric,
    compare: async (...given) => {
      const { compare } = metric;
      if (compare === undefined) throw new Error('no comparison');
      const { measured } = await compare(...given);
      return { measured, differences: measured.map(() => measured.map(({ estimate }) => estimate)) };
    },
  }),
  'gives no number for the difference of two bounds, whose error is not known': (metric) => ({
    ...metric,
    compare: async (...given) => {
      const { compare } = metric;
      if (compare === undefined) throw new Error('no comparison');
      const { measured, differences } = await compare(...given);
      return {
        measured,
        differences: differences.map((row) => row.map(() => ({ kind: 'exact', value: 0 }))),
      };
    },
  }),
  'gives another number for another key': (metric) => ({
    ...metric,
    measure: (subject) => metric.measure(subject, key(1)),
  }),
  'gives the same number for every score': numberingScores,
  'gives the same number for every key': (metric) => ({
    ...metric,
    measure: async (_, key) => ({ estimate: { kind: 'exact', value: key.lo } }),
  }),
  'is 0 for the gradient of a linear score': adding(1e-9),
  'calls the gradient of a linear score better than random numbers': stating({ better: 'higher' }),
  'is above 0 for the gradient of a quadratic score': estimating(() => ({ kind: 'exact', value: 0 })),
  'has intervals that hold what many draws give as often as they say': estimating((estimate) =>
    estimate.kind === 'mean' ? { ...estimate, stderr: estimate.stderr / 4 } : estimate,
  ),
  'never falls with more draws as a lower bound, and never grows as an upper bound': estimating((estimate) =>
    estimate.kind === 'bound' ? { ...estimate, value: estimate.value / estimate.n } : estimate,
  ),
  'is censored above a positive limit where the score is the same everywhere': estimating((estimate) =>
    estimate.kind === 'censored' ? { ...estimate, above: 0 } : estimate,
  ),
  'has a curve over ascending percentages with one value and one label for each axis': measuring(
    (measured) => ({
      ...measured,
      curve: measured.curve && { ...measured.curve, y: measured.curve.y.slice(1) },
    }),
  ),
  'is the area below its curve by the trapezoid rule': estimating((estimate) =>
    'value' in estimate ? { ...estimate, value: estimate.value * 1.001 } : estimate,
  ),
};

it('there is a way to break each law', () => {
  expect(Object.keys(breakers).toSorted()).toEqual(laws.map(({ title }) => title).toSorted());
});

/** An example that a law is for: the first that compares, as laws of comparisons need, or else the first. */
function exampleFor(law: Law): Example {
  const all = [...examples, ...toys].filter((example) => holdsFor(law, example));
  const found = all.find(({ metric }) => metric.compare !== undefined) ?? all[0];
  if (found === undefined) throw new Error(`no example of the law: ${law.title}`);
  return found;
}

it.each(laws.map((law) => [law.title, law] as const))(
  'a broken metric fails the law: it %s',
  async (title, law) => {
    const { metric, promises, more } = exampleFor(law);
    const breaker = breakers[title];
    await law.check({ metric, promises, more });
    const broken = { metric: breaker(metric), promises, more: (draws: number) => breaker(more(draws)) };
    await expect(law.check(broken)).rejects.toMatchObject({ name: 'AssertionError' });
  },
);
