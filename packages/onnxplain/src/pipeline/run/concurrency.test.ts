import { join } from 'node:path';
import { gaussian, linearScore, zeros } from '@onnxplain/core';
import { anchor, gradient, integratedGradients, smooth } from '@onnxplain/explainers';
import { infidelity } from '@onnxplain/metrics';
import type { Model } from '@onnxplain/runtime';
import { expect, test } from 'vitest';
import { prepare } from '../prepare.js';
import { concurrencyFor } from './concurrency.js';
import { explainInputs } from './evaluate.js';
import { cellCosts, type RunToPlan } from './planned-run.js';

const noise = gaussian({ sigma: 0.1 });

const cellsAtOnce = (shape: readonly number[], { explainers = [], metrics = [] }: Partial<RunToPlan>) => {
  const x = zeros(shape);
  const cells = [
    ...explainers.map((_, explainer) => ({ stage: 'explain', input: 0, explainer }) as const),
    ...metrics.map((_, metric) => ({ stage: 'measure', input: 0, metric }) as const),
  ];
  return concurrencyFor(x, cellCosts({ f: linearScore(x), x, cells, explainers, metrics }));
};

test('cells of few rows run together, up to 64', () => {
  expect(cellsAtOnce([28, 28], { explainers: [gradient(), integratedGradients({ steps: 50 })] })).toBe(64);
  const explainers = [smooth(gradient(), noise, { draws: 400 })];
  expect(cellsAtOnce([28, 28], { explainers })).toBe(Math.floor(2 ** 22 / (400 * 784)));
});

test('rows in flight stay below 2^22 elements, with what cells keep', () => {
  expect(cellsAtOnce([28, 28], { metrics: [infidelity(noise, { draws: 300 })] })).toBe(17);
  const draws = 100_000;
  const kept = (17 * draws) / 8;
  const cells = cellsAtOnce([2], { metrics: [infidelity(noise, { draws })] });
  expect(cells).toBe(Math.floor(2 ** 22 / (2 * (draws + 1) + kept)));
});

test('at least as many run as hold the draws of one input each, and no more where a cost is not known', () => {
  expect(cellsAtOnce([3, 224, 224], { explainers: [integratedGradients({ steps: 50 })] })).toBe(6);
  expect(cellsAtOnce([3, 2000, 2000], { explainers: [gradient()] })).toBe(2);
  expect(cellsAtOnce([28, 28], { explainers: [gradient(), anchor()] })).toBe(8);
});

test('gradients of many inputs of several classes share runs, in the order of the inputs', async () => {
  const models = join(import.meta.dirname, '../../../../../models');
  await using prepared = await prepare(join(models, 'mnist-cnn.onnx'), { inputs: [join(models, 'digits')] });
  const inputs = Array.from({ length: 40 }, (_, i) => prepared.inputs[i % prepared.inputs.length]);
  const queries = inputs.map(() => prepared.queries[0]);
  const runs: number[] = [];
  const session: Model['session'] = async (name, make) => {
    const opened = await prepared.model.session(name, make);
    if (!name.startsWith('gradient')) return opened;
    return {
      ...opened,
      seconds: 0,
      run(feeds, wanted) {
        runs.push(Math.max(...Object.values(feeds).map(({ dims: [n] }) => n)));
        return opened.run(feeds, wanted);
      },
    };
  };
  const model = { ...prepared.model, session };
  const explainers = [gradient()];
  const many = await explainInputs({ ...prepared, model, inputs, queries }, { explainers });
  expect(runs.reduce((sum, rows) => sum + rows, 0)).toBeGreaterThanOrEqual(40);
  expect(runs.length).toBeLessThan(12);
  expect(new Set(many.map(({ input }) => input.target)).size).toBeGreaterThan(2);
  const alone = await explainInputs(
    { ...prepared, inputs: inputs.slice(0, 3), queries: queries.slice(0, 3) },
    { explainers, batch: 1 },
  );
  alone.forEach(({ input, attributions }, i) => {
    expect(many[i].input.name).toBe(input.name);
    const [one, other] = [attributions[0], many[i].attributions[0]];
    if (one.status !== 'done' || other.status !== 'done') throw new Error('no attribution');
    const most = Math.max(...one.value.values.data.map(Math.abs));
    one.value.values.data.forEach((value, at) => {
      expect(Math.abs(value - other.value.values.data[at])).toBeLessThan(1e-5 * most);
    });
  });
});
