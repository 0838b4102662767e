import { minimum } from '@onnxplain/attacks';
import { gaussian, linearScore, tensor } from '@onnxplain/core';
import { gradient, kernelShap, occlusion, optimal, smooth } from '@onnxplain/explainers';
import { infidelity, robustnessComplement } from '@onnxplain/metrics';
import { expect, test } from 'vitest';
import { planRun, type RunToPlan } from './planned-run.js';

const x = tensor(new Float64Array(4), [4]);
const noise = gaussian({ sigma: 0.1 });
const GB = 1e9;

/** A run of these explainers and metrics on three inputs, one cell after the other. */
const runOf = ({ explainers = [], metrics = [] }: Partial<RunToPlan>): RunToPlan => ({
  f: linearScore(x),
  x,
  explainers,
  metrics,
  concurrency: 1,
  cells: [0, 1, 2].flatMap((input) => [
    ...explainers.map((_, explainer) => ({ stage: 'explain', input, explainer }) as const),
    ...metrics.map((_, metric) => ({ stage: 'measure', input, metric }) as const),
  ]),
});

test('the rows of all cells are added, and a metric counts once for all explainers that it compares', () => {
  const explainers = [gradient(), smooth(gradient(), noise, { draws: 10 })];
  const metrics = [infidelity(noise, { draws: 100 })];
  expect(planRun(runOf({ explainers, metrics }), GB)).toEqual({
    forward: 3 * 101,
    backward: 3 * 11,
    atMost: false,
    bytes: 100 * (17 + 16),
    unknown: [],
  });
});

test('a cost that is not known before is named, and the others are counted', () => {
  const metrics = [robustnessComplement(minimum())];
  const planned = planRun(runOf({ explainers: [gradient()], metrics }), GB);
  expect(planned.unknown).toEqual([metrics[0].expression]);
  expect(planned.backward).toBe(3);
});

test('an explainer that does not fit the input costs nothing, and is not called unknown', () => {
  const planned = planRun(runOf({ explainers: [occlusion({ window: 9 })] }), GB);
  expect(planned).toMatchObject({ forward: 0, unknown: [] });
});

test('a request of more rows than any machine evaluates is refused with the factor', () => {
  const often = smooth(smooth(gradient(), noise, { draws: 1e7 }), noise, { draws: 1e7 });
  expect(() => planRun(runOf({ explainers: [often] }), GB)).toThrow(
    /at most 1 000 000 000 000 evaluations and gradients.*got 300 000 000 000 000.*by a factor of 300/s,
  );
});

test('a request of more memory than there is says how many draws fit, and so many are taken', () => {
  const explainerOf = (draws: number) => optimal(noise, { draws });
  expect(() => planRun(runOf({ explainers: [explainerOf(1e9)] }), GB)).toThrow(
    /40 GB for 1 000 000 000 rows of 40 bytes.*Lower draws to 24 999 996 or fewer/s,
  );
  expect(planRun(runOf({ explainers: [explainerOf(24_999_996)] }), GB).bytes).toBeLessThanOrEqual(GB);
  expect(() => planRun(runOf({ explainers: [explainerOf(24_999_997)] }), GB)).toThrow(/too-large|Lower/);
});

test('cells that run at the same time keep their memory at the same time', () => {
  const run = runOf({ explainers: [kernelShap({ samples: 1000 })] });
  const [one, two] = [1, 2].map((concurrency) => planRun({ ...run, concurrency }, GB).bytes);
  expect(two).toBe(2 * one);
});

test.each([
  { forward: Number.NaN, backward: 1 },
  { forward: -5, backward: 1 },
])('a plan of %j, which only a plugin can make, is refused', (cost) => {
  const explainer = Object.assign(gradient(), { plannedCost: () => cost });
  expect(() => planRun(runOf({ explainers: [explainer] }), GB)).toThrow(
    /plannedCost: expected numbers of rows/,
  );
});
