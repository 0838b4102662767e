import { minimum } from '@onnxplain/attacks';
import { gaussian, linearScore, tensor } from '@onnxplain/core';
import { gradient, kernelShap, occlusion, optimal, smooth } from '@onnxplain/explainers';
import { infidelity, robustnessComplement } from '@onnxplain/metrics';
import { expect, test } from 'vitest';
import { cellCosts, type PlannedRun, planRun, type RunToPlan } from './planned-run.js';

const x = tensor(new Float64Array(4), [4]);
const noise = gaussian({ sigma: 0.1 });
const GB = 1e9;

/** The plan of a run of these explainers and metrics on three inputs, with a gigabyte of memory. */
function planOf({ explainers = [], metrics = [] }: Partial<RunToPlan>, concurrency = 1): PlannedRun {
  const cells = [0, 1, 2].flatMap((input) => [
    ...explainers.map((_, explainer) => ({ stage: 'explain', input, explainer }) as const),
    ...metrics.map((_, metric) => ({ stage: 'measure', input, metric }) as const),
  ]);
  return planRun(cellCosts({ f: linearScore(x), x, explainers, metrics, cells }), {
    concurrency,
    memory: GB,
  });
}

test('the rows of all cells are added, and a metric counts once for all explainers that it compares', () => {
  const explainers = [gradient(), smooth(gradient(), noise, { draws: 10 })];
  const metrics = [infidelity(noise, { draws: 100 })];
  expect(planOf({ explainers, metrics })).toEqual({
    forward: 3 * 101,
    backward: 3 * 11,
    atMost: false,
    bytes: 100 * (17 + 16),
    unknown: [],
  });
});

test('a cost that is not known before is named, and the others are counted', () => {
  const metrics = [robustnessComplement(minimum())];
  const planned = planOf({ explainers: [gradient()], metrics });
  expect(planned.unknown).toEqual([metrics[0].expression]);
  expect(planned.backward).toBe(3);
});

test('an explainer that does not fit the input costs nothing, and is not called unknown', () => {
  const planned = planOf({ explainers: [occlusion({ window: 9 })] });
  expect(planned).toMatchObject({ forward: 0, unknown: [] });
});

test('a request of more rows than any machine evaluates is refused with the factor', () => {
  const often = smooth(smooth(gradient(), noise, { draws: 1e7 }), noise, { draws: 1e7 });
  expect(() => planOf({ explainers: [often] })).toThrow(
    /at most 1 000 000 000 000 evaluations and gradients.*got 300 000 000 000 000.*by a factor of 300/s,
  );
});

test('a request of more memory than there is says how many draws fit, and so many are taken', () => {
  const explainerOf = (draws: number) => optimal(noise, { draws });
  expect(() => planOf({ explainers: [explainerOf(1e9)] })).toThrow(
    /40 GB for 1 000 000 000 rows of 40 bytes.*Lower draws to 24 999 996 or fewer/s,
  );
  expect(planOf({ explainers: [explainerOf(24_999_996)] }).bytes).toBeLessThanOrEqual(GB);
  expect(() => planOf({ explainers: [explainerOf(24_999_997)] })).toThrow(/too-large|Lower/);
});

test('cells that run at the same time keep their memory at the same time', () => {
  const explainers = [kernelShap({ samples: 1000 })];
  const [one, two] = [1, 2].map((concurrency) => planOf({ explainers }, concurrency).bytes);
  expect(two).toBe(2 * one);
});

test.each([
  { forward: Number.NaN, backward: 1 },
  { forward: -5, backward: 1 },
])('a plan of %j, which only a plugin can make, is refused', (cost) => {
  const explainer = Object.assign(gradient(), { plannedCost: () => cost });
  expect(() => planOf({ explainers: [explainer] })).toThrow(/plannedCost: expected numbers of rows/);
});
