import type { Estimate } from '@onnxplain/core';
import { describe, expect, test } from 'vitest';
import type { EstimateCell } from './record.js';
import { summarise } from './summary.js';

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

describe('the best', () => {
  const kinds = ['local', 'global', 'local', 'global', 'local'] as const;
  const explainers = kinds.map((kind) => ({ kind }));
  const cells = [3, 0.2, 2, 0.1, 4].map((value, explainer) => cell(0, explainer, mean(value)));

  test('of a metric in units of the attribution is one of each kind, and differences are to it', () => {
    const metrics = [{ better: 'lower', comparable: 'same-kind' }] as const;
    const found = summarise(cells, { explainers, metrics });
    expect(found.map(({ best }) => best)).toEqual([false, false, true, true, false]);
    expect(found.map(({ difference }) => difference?.against)).toEqual([2, 3, undefined, undefined, 2]);
  });

  test('of any other metric is one of all', () => {
    for (const metrics of [lower, [{ better: 'lower', comparable: 'any' }] as const]) {
      const found = summarise(cells, { explainers, metrics });
      expect(found.map(({ best }) => best)).toEqual([false, false, false, true, false]);
    }
  });

  test('is nobody who has nobody to be compared with', () => {
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
