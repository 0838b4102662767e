/** Models whose first axis is no batch of independent rows, against the numbers that each row gives alone. */
import { sum, type Tensor } from '@onnxplain/core';
import { make, prepare, scoresOf } from 'onnxplain';
import { explainInputs } from 'onnxplain/pipeline';
import { expect, test } from 'vitest';
import { caseArray, casePath, missing } from './handed.js';

test.runIf(missing !== undefined)(`handed cases of rows: skipped, ${missing}`, () => undefined);
const given = test.skipIf(missing !== undefined);

interface ExplainedOptions {
  readonly target?: number;
  readonly output?: string;
  readonly feed?: readonly string[];
  readonly batch?: number;
}

async function explained(
  model: string,
  array: string,
  explainer: string,
  { batch, ...options }: ExplainedOptions = {},
) {
  const prepared = await prepare(casePath(model), { ...options, inputs: [casePath(array)], device: 'cpu' });
  try {
    const explanations = await explainInputs(prepared, { batch, explainers: [make(explainer, 'explainer')] });
    const scores = await scoresOf(prepared, { batch });
    const found = explanations.map(({ input, attributions: [outcome] }, i) => {
      if (outcome.status !== 'done') throw new Error(outcome.reason);
      return { value: input.value, values: outcome.value.values, shape: scores[i].f.shape };
    });
    return { found, notices: prepared.notices };
  } finally {
    await prepared.model.close();
  }
}

const near = (numbers: readonly number[], digits = 4) =>
  numbers.map((number) => expect.closeTo(number, digits));

given('a mean over the batch: every row alone gives 0, and no attribution', async () => {
  const { found, notices } = await explained('rows/batch-mean.onnx', 'rows/batch-mean.npy', 'occlusion(1)', {
    target: 0,
  });
  expect(found.map(({ value }) => value)).toEqual([0]);
  expect([...found[0].values.data]).toEqual([0, 0, 0, 0]);
  expect(notices).toContainEqual(expect.stringContaining('ReduceMean'));
});

given('steps that are summed up: one input, with its own drops', async () => {
  const { found } = await explained(
    'rows/cumulative-steps.onnx',
    'rows/cumulative-steps-one.npy',
    'occlusion(1)',
  );
  expect([...found[0].values.data]).toEqual(near([0.1251, -0.2627, 1.6956, 0.4181]));
  const three = await explained('rows/cumulative-steps.onnx', 'rows/cumulative-steps.npy', 'gradient');
  expect(three.found.map(({ shape }) => shape)).toEqual([[3, 4]]);
});

given('a recurrent network with time first: one sequence', async () => {
  for (const [target, value] of [
    [0, 0.03053],
    [1, 0.02511],
  ]) {
    const { found } = await explained('rows/time-first-lstm.onnx', 'rows/time-first-lstm.npy', 'gradient', {
      target,
    });
    expect(found.map(({ value }) => value)).toEqual(near([value], 5));
    if (target === 0) expect(sum(found[0].values)).toBeCloseTo(-0.2216, 4);
  }
});

given('a scale over the whole batch: the drops are those of rows that run alone', async () => {
  // Kernels of quantised products differ between processors, so the numbers are this machine's, row by row.
  const args = ['rows/dynamic-quantised.onnx', 'rows/dynamic-quantised.npy', 'occlusion(1)'] as const;
  const together = await explained(...args, { target: 0 });
  const alone = await explained(...args, { target: 0, batch: 1 });
  expect([...together.found[0].values.data]).toEqual([...alone.found[0].values.data]);
  expect(together.notices).toContainEqual(expect.stringContaining('DynamicQuantizeLinear'));
});

given('a graph network: one input of three nodes', async () => {
  const feed = [`e=${casePath('rows/graph-edges.npy')}`];
  const best = [0.1795, -0.0511, 0.0437];
  for (const [node, value] of best.entries()) {
    const logits = [];
    for (const k of [0, 1, 2]) {
      const target = node * 3 + k;
      const { found } = await explained('rows/graph-nodes.onnx', 'rows/graph-nodes.npy', 'gradient', {
        target,
        feed,
      });
      expect(found.map(({ shape }) => shape)).toEqual([[3, 4]]);
      logits.push(found[0].value);
    }
    expect(Math.max(...logits)).toBeCloseTo(value, 4);
  }
});

/** Element [i, j] of a row of shape [4, 6]. */
const entry = ({ data }: Tensor, i: number, j: number): number => data[i * 6 + j];

given('an output of steps by rows: rows follow the symbol, also where sizes are equal', async () => {
  for (const [array, rows] of [
    ['axes/time-major-1.npy', 1],
    ['axes/time-major-6.npy', 6],
  ] as const) {
    // Step 2, class 1: tanh of entry [1, 2] of the row.
    const { found } = await explained('axes/time-major.onnx', array, 'gradient', { target: 2 * 4 + 1 });
    const x = caseArray(array);
    expect(found).toHaveLength(rows);
    for (const [i, { value, values }] of found.entries()) {
      const number = x.data[i * 24 + 8];
      expect(value).toBeCloseTo(Math.tanh(number), 5);
      expect(entry(values, 1, 2)).toBeCloseTo(1 - Math.tanh(number) ** 2, 5);
      expect(sum(values)).toBeCloseTo(1 - Math.tanh(number) ** 2, 5);
    }
  }
});

given('steps in front, frozen, and detections: one picture is one input', async () => {
  const ctc = await explained('axes/ctc-time-first.onnx', 'axes/ctc-time-first.npy', 'gradient', {
    target: 5,
  });
  expect(ctc.found.map(({ shape }) => shape)).toEqual([[1, 8, 16]]);
  const { found } = await explained('axes/detection.onnx', 'axes/detection.npy', 'gradient', {
    output: 'scores',
    target: 0,
  });
  expect(found[0].shape).toEqual([3, 16, 16]);
  expect(found[0].value).toBeGreaterThan(0.5);
});
