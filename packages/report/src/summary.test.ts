import type { Estimate } from '@onnxplain/core';
import { describe, expect, test } from 'vitest';
import type { EstimateCell } from './record.js';
import { type SummaryOptions, summarise } from './summary.js';

const key = { hi: 0, lo: 0 };
const lower = [{ better: 'lower' as const }];
const locals = (n: number) => Array.from({ length: n }, () => ({ kind: 'local' as const }));

const cell = (input: number, explainer: number, estimate: Estimate): EstimateCell => ({
  input,
  explainer,
  metric: 0,
  status: 'done',
  key,
  estimate,
});
const mean = (value: number, stderr = 0.1): Estimate => ({ kind: 'mean', value, stderr, n: 10 });

describe('over several inputs', () => {
  const cells = [
    ...[1, 2, 6].map((value, input) => cell(input, 0, mean(value))),
    ...[1.5, 2.6, 6.4].map((value, input) => cell(input, 1, mean(value))),
  ];
  const [a, b] = summarise(cells, { explainers: locals(2), metrics: lower });

  test('the mean has the standard error of the inputs, not of the draws', () => {
    expect(a.mean).toMatchObject({ value: 3, n: 3, basis: 'inputs' });
    expect(a.mean?.stderr).toBeCloseTo(Math.sqrt(7 / 3), 12);
  });

  test('the difference to the best is paired by input', () => {
    expect([a.best, b.best]).toEqual([true, false]);
    expect(a.difference).toBeUndefined();
    expect(b.difference).toMatchObject({ against: 0, n: 3 });
    expect(b.difference?.value).toBeCloseTo(0.5, 12);
    expect(b.difference?.stderr).toBeCloseTo(0.1 / Math.sqrt(3), 12);
  });
});

test('where higher is better the highest is best', () => {
  const cells = [cell(0, 0, mean(1)), cell(0, 1, mean(2))];
  expect(
    summarise(cells, { explainers: locals(2), metrics: [{ better: 'higher' }] }).map((s) => s.best),
  ).toEqual([false, true]);
});

test('with one input the difference is the paired one of its draws', () => {
  const paired: Estimate = { kind: 'mean', value: 0.51, stderr: 0.002, n: 10 };
  const [, b] = summarise([cell(0, 0, mean(1)), cell(0, 1, mean(1.5))], {
    explainers: locals(2),
    metrics: lower,
    paired: ({ i, j }) => (i === 1 && j === 0 ? paired : undefined),
  });
  expect(b.difference).toMatchObject({ value: 0.51, stderr: 0.002, basis: 'draws', n: 1 });
});

test('an explainer that has numbers only for the easy inputs cannot be best', () => {
  const cells: EstimateCell[] = [
    cell(0, 0, mean(5)),
    cell(1, 0, mean(7)),
    cell(0, 1, mean(1)),
    { input: 1, explainer: 1, metric: 0, status: 'not-applicable', reason: 'global' },
  ];
  const [a, b] = summarise(cells, { explainers: locals(2), metrics: lower });
  expect([a.best, b.best]).toEqual([true, false]);
  expect(b.counts).toEqual({ done: 1, 'not-applicable': 1, failed: 0, invalid: 0, censored: 0 });
  expect(b.difference).toMatchObject({ value: -4, n: 1 });
});

test('a mean of lower bounds is a lower bound; invalid and censored numbers are counted, not averaged', () => {
  const cells = [
    cell(0, 0, { kind: 'bound', side: 'lower', value: 1, n: 50 }),
    cell(1, 0, { kind: 'bound', side: 'lower', value: 3, n: 50 }),
    cell(2, 0, { kind: 'invalid', reason: 'NaN', n: 50 }),
    cell(3, 0, { kind: 'censored', above: 9, n: 50 }),
  ];
  const [a] = summarise(cells, { explainers: locals(1), metrics: lower });
  expect(a.mean).toMatchObject({ value: 2, bound: 'lower', n: 2 });
  expect(a.counts).toMatchObject({ done: 2, invalid: 1, censored: 1 });
});

test('with no numbers at all there is no mean and no best', () => {
  const cells: EstimateCell[] = [
    { input: 0, explainer: 0, metric: 0, status: 'failed', code: 'run-failed', reason: 'out of memory' },
  ];
  const [a] = summarise(cells, { explainers: locals(1), metrics: lower });
  expect(a).toMatchObject({ best: false, counts: { failed: 1 } });
  expect(a.mean).toBeUndefined();
});

describe('the best explainer', () => {
  const kinds = ['local', 'global', 'local', 'global', 'local'] as const;
  const explainers = kinds.map((kind) => ({ kind }));
  const cells = [3, 0.2, 2, 0.1, 4].map((value, explainer) => cell(0, explainer, mean(value, 0.01)));

  test('by a metric in units of the attribution is named for each kind, and differences are to it', () => {
    const metrics = [{ better: 'lower', comparable: 'same-kind' }] as const;
    const found = summarise(cells, { explainers, metrics });
    expect(found.map(({ best }) => best)).toEqual([false, false, true, true, false]);
    expect(found.map(({ difference }) => difference?.against)).toEqual([2, 3, undefined, undefined, 2]);
  });

  test('by any other metric is one of all explainers', () => {
    for (const metrics of [lower, [{ better: 'lower', comparable: 'any' }] as const]) {
      const found = summarise(cells, { explainers, metrics });
      expect(found.map(({ best }) => best)).toEqual([false, false, false, true, false]);
    }
  });

  test('is not named where an explainer is the only one of its group', () => {
    const two = {
      explainers: explainers.slice(0, 2),
      metrics: [{ better: 'lower', comparable: 'same-kind' }],
    } as const;
    for (const { best, difference } of summarise(cells.slice(0, 2), two)) {
      expect([best, difference]).toEqual([false, undefined]);
    }
    expect(summarise(cells.slice(0, 1), { explainers: locals(1), metrics: lower })[0].best).toBe(false);
  });
});

/** Values on inputs 0, 1, ... of explainers 0, 1, ..., as means over draws. */
const table = (...columns: readonly (readonly number[])[]): readonly EstimateCell[] =>
  columns.flatMap((values, explainer) => values.map((value, input) => cell(input, explainer, mean(value))));
const standingsOf = (cells: readonly EstimateCell[], options: Partial<SummaryOptions> = {}) => {
  const n = 1 + Math.max(...cells.map(({ explainer }) => explainer));
  return summarise(cells, { explainers: locals(n), metrics: lower, ...options }).map((s) => s.standing);
};

describe('the interval of a mean', () => {
  test('over inputs has the width of Student’s t with one degree of freedom less than there are inputs', () => {
    const half = (values: readonly number[]) => {
      const [{ mean }] = summarise(table(values), { explainers: locals(1), metrics: lower });
      return ((mean?.interval?.high ?? 0) - (mean?.value ?? 0)) / (mean?.stderr ?? 0);
    };
    expect(half([1, 2])).toBeCloseTo(12.7062, 3);
    expect(half([1, 2, 4, 9])).toBeCloseTo(3.1824, 3);
  });

  test('does not go below the least value of the metric, and that of a difference may', () => {
    const [a, b] = summarise(table([1, 2], [9, 2]), {
      explainers: locals(2),
      metrics: [{ better: 'lower', least: 0 }],
    });
    expect(a.mean?.interval?.low).toBe(0);
    expect(b.difference?.interval?.low).toBeLessThan(0);
  });

  test('does not go above the greatest value of the metric', () => {
    const metrics = [{ better: 'lower', least: -1, most: 1 }] as const;
    const [a] = summarise(table([0.2, 0.9], [0.1, 0.1]), { explainers: locals(2), metrics });
    expect(a.mean?.interval).toMatchObject({ low: -1, high: 1 });
  });

  test('of one input is that of its draws, and absent for a bound or without a spread', () => {
    const one = (estimate: Estimate) =>
      summarise([cell(0, 0, estimate)], { explainers: locals(1), metrics: lower })[0].mean?.interval;
    expect(one({ kind: 'mean', value: 1, stderr: 1, n: 2 })?.high).toBeCloseTo(13.7062, 3);
    expect(one({ kind: 'exact', value: 1 })).toMatchObject({ low: 1, high: 1 });
    expect(one({ kind: 'mean', value: 1, stderr: Number.NaN, n: 1 })).toBeUndefined();
    expect(one({ kind: 'bound', side: 'lower', value: 1, n: 9 })).toBeUndefined();
  });
});

describe('the standing', () => {
  test('is undecided where the paired interval holds 0, for the best mean too', () => {
    // Differences 1 and 3: mean 2, standard error 1. Two standard errors decide nothing at two inputs: t is 12.7.
    expect(standingsOf(table([1, 1], [2, 4]))).toEqual(['undecided', 'undecided']);
    const [a, b] = summarise(table([1, 1], [2, 4]), { explainers: locals(2), metrics: lower });
    expect([a.best, b.best]).toEqual([false, false]);
    expect(b.difference).toMatchObject({ value: 2, against: 0 });
  });

  test('is decided where the same difference lies on more inputs', () => {
    expect(standingsOf(table([1, 1, 1, 1, 1, 1], [2, 4, 2, 4, 2, 4]))).toEqual(['best', 'behind']);
  });

  test('names all that are undecided, and those that are behind', () => {
    expect(standingsOf(table([1, 1, 1], [1.1, 0.8, 1.3], [5, 5.1, 5.2]))).toEqual([
      'undecided',
      'undecided',
      'behind',
    ]);
  });

  test('is tied for all that have the best numbers on every input, to float32’s rounding', () => {
    expect(standingsOf(table([2, 3, 4], [1, 2, 3], [1, 2 + 1e-7, 3]))).toEqual(['behind', 'tied', 'tied']);
    expect(standingsOf(table([1, 2, 3], [1, 2, 3]))).toEqual(['tied', 'tied']);
    expect(standingsOf(table([1, 2, 3], [1, 2, 3.001]))).toEqual(['undecided', 'undecided']);
  });

  test.each([Number.POSITIVE_INFINITY, Number.NaN])('does not go by %d, which counts as invalid', (value) => {
    const cells = table([1, 2], [value, value]);
    expect(standingsOf(cells)).toEqual([undefined, undefined]);
    const [, none] = summarise(cells, { explainers: locals(2), metrics: lower });
    expect(none).toMatchObject({ mean: undefined, counts: { done: 0, invalid: 2 } });
    const [, some] = summarise(table([1, 2], [value, 3]), { explainers: locals(2), metrics: lower });
    expect(some).toMatchObject({ mean: { value: 3, n: 1 }, counts: { done: 1, invalid: 1 } });
  });

  test('of equal numbers is undecided where a third is', () => {
    expect(standingsOf(table([1, 2], [1, 2], [1, 4]))).toEqual(['undecided', 'undecided', 'undecided']);
  });

  test('on one input goes by the draws they shared, or else by the sum of their standard errors', () => {
    const cells = [cell(0, 0, mean(1, 0.1)), cell(0, 1, mean(1.4, 0.1))];
    expect(standingsOf(cells)).toEqual(['undecided', 'undecided']);
    const paired = (): Estimate => ({ kind: 'mean', value: 0.4, stderr: 0.01, n: 10 });
    expect(standingsOf(cells, { paired })).toEqual(['best', 'behind']);
    expect(standingsOf([cell(0, 0, mean(1, 0.1)), cell(0, 1, mean(2, 0.1))])).toEqual(['best', 'behind']);
  });

  test('of bounds on one input is undecided: nothing is known of their error', () => {
    const bound = (value: number): Estimate => ({ kind: 'bound', side: 'lower', value, n: 50 });
    expect(standingsOf([cell(0, 0, bound(1)), cell(0, 1, bound(9))])).toEqual(['undecided', 'undecided']);
    expect(standingsOf([cell(0, 0, bound(1)), cell(0, 1, bound(1))])).toEqual(['tied', 'tied']);
  });
});

describe('a control', () => {
  const explainers = [{ kind: 'local' }, { kind: 'local', control: true }] as const;

  test('is not best even with the best numbers, and then no other explainer is best', () => {
    expect(standingsOf(table([3, 3.1, 3], [1, 1.1, 1]), { explainers })).toEqual(['undecided', 'undecided']);
    expect(standingsOf(table([0, 0, 0], [0, 0, 0]), { explainers })).toEqual(['undecided', 'undecided']);
  });

  test('is beaten where its difference is decided', () => {
    expect(standingsOf(table([1, 1.1, 1], [3, 3.1, 3.2]), { explainers })).toEqual(['best', 'behind']);
  });

  test('with the same numbers as an explainer is not tied with it', () => {
    const three = [{ kind: 'local' }, ...explainers] as const;
    expect(standingsOf(table([1, 2], [1, 2], [9, 10.01]), { explainers: three })).toEqual([
      'tied',
      'tied',
      'behind',
    ]);
    expect(standingsOf(table([2, 3], [1, 2], [1, 2]), { explainers: three })).toEqual([
      'behind',
      'undecided',
      'undecided',
    ]);
  });
});
