import { expect, test } from 'vitest';
import { examplePlan } from '../test/plan.js';
import { cellName, cellsOf, parsePlan, planDifferences } from './plan.js';

test('a plan names every cell once: inputs times explainers, and inputs times metrics', () => {
  const cells = cellsOf(examplePlan());
  expect(cells.map(cellName)).toEqual([
    'explain-0000-00',
    'explain-0000-01',
    'explain-0001-00',
    'explain-0001-01',
    'measure-0000-00',
    'measure-0001-00',
  ]);
});

test('a plan that is written as JSON and parsed again has no differences', () => {
  const plan = examplePlan();
  const again = parsePlan(JSON.stringify(plan), 'plan.json');
  expect(again).toEqual(plan);
  expect(planDifferences(plan, again)).toEqual([]);
});

test('every field that differs is named with both values', () => {
  const [query] = examplePlan().queries;
  const other = examplePlan({
    seed: 7,
    explainers: ['gradient'],
    queries: [{ ...query, target: 3, bounds: [0, 1] }],
  });
  expect(planDifferences(examplePlan(), other).toSorted()).toEqual([
    'explainers[1]: "random" before, nothing now',
    'queries[0].bounds[0]: nothing before, 0 now',
    'queries[0].bounds[1]: nothing before, 1 now',
    'queries[0].target: "predicted" before, 3 now',
    'seed: 0 before, 7 now',
  ]);
});

test('an invalid plan is refused, and the error names the wrong field', () => {
  const wrong = JSON.stringify({ ...examplePlan(), seed: 'zero' });
  for (const [text, words] of [
    [wrong, 'seed'],
    ['{', 'expected object'],
  ]) {
    expect(() => parsePlan(text, 'plan.json')).toThrow(expect.objectContaining({ code: 'file-format' }));
    expect(() => parsePlan(text, 'plan.json')).toThrow(words);
  }
});
