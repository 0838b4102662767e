import { join } from 'node:path';
import type { Key } from '@onnxplain/core';
import type { NamedInput } from '@onnxplain/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeExplainer, makeMetric } from '../../expression/registry.js';
import { type Prepared, prepare } from '../prepare.js';
import { type Evaluation, evaluateInputs, explainInputs, measure } from './evaluate.js';
import type { Outcome } from './outcome.js';

const models = join(import.meta.dirname, '../../../../../models');
const explainers = [
  'gradient',
  'smooth(gradient, gaussian(0.2), draws=6)',
  'optimal(square(9), draws=40)',
  'random',
];
const metrics = ['infidelity(square(9), draws=60)', 'sensitivity-max(radius=0.1, draws=2)'];

let prepared: Prepared;
let inputs: readonly NamedInput[];
beforeAll(async () => {
  prepared = await prepare(join(models, 'mnist-cnn.onnx'), { inputs: [join(models, 'digits')] });
  inputs = prepared.inputs.slice(0, 4);
});
afterAll(() => prepared.model.close());

interface RunOptions {
  readonly inputs?: readonly NamedInput[];
  readonly explainers?: readonly string[];
  readonly metrics?: readonly string[];
  readonly batch?: number;
}

async function run(options: RunOptions): Promise<Evaluation> {
  const own = options.inputs ?? inputs;
  // The model has no further inputs, so that all queries are equal.
  const queries = own.map(() => prepared.queries[0]);
  return evaluateInputs(
    { ...prepared, inputs: own, queries },
    {
      batch: options.batch,
      explainers: (options.explainers ?? explainers).map((text) => makeExplainer(text)),
      metrics: (options.metrics ?? metrics).map((text) => makeMetric(text)),
    },
  );
}

interface Found {
  readonly what: string;
  readonly key: Key;
  readonly numbers: readonly number[];
}

/** Every number of one input with the key it was made of: attributions, and estimates with their standard errors. */
function numbersOf(evaluation: Evaluation, name: string): readonly Found[] {
  const { explainers, metrics, explanations, measurements } = evaluation;
  const i = explanations.findIndex(({ input }) => input.name === name);
  return explainers.flatMap(({ expression }, e) => {
    const { values, key } = doneOf(explanations[i].attributions[e]);
    const measured = metrics.map((metric, m): Found => {
      const { measured, key } = measurements[i][m];
      const { estimate } = doneOf(measured[e]);
      const numbers = Object.values(estimate).filter((value) => typeof value === 'number');
      return { what: `${metric.expression} of ${expression}`, key, numbers };
    });
    return [{ what: expression, key, numbers: [...values.data] }, ...measured];
  });
}

function doneOf<T>(outcome: Outcome<T>): T {
  if (outcome.status !== 'done') throw new Error(outcome.reason);
  return outcome.value;
}

/** Equal keys, and numbers within what float32 sums in another order differ by. */
function expectRounded(found: readonly Found[], expected: readonly Found[]): void {
  const head = ({ what, key }: Found) => ({ what, key });
  expect(found.map(head)).toEqual(expected.map(head));
  for (const [i, { numbers }] of expected.entries()) {
    const size = Math.max(...numbers.map(Math.abs));
    for (const [k, number] of numbers.entries()) {
      expect(Math.abs(found[i].numbers[k] - number)).toBeLessThanOrEqual(1e-4 * size);
    }
  }
}

test('an input has the same numbers, bit for bit, in any order and alone, where each row has a run of its own', async () => {
  const whole = await run({ batch: 1 });
  const shuffled = await run({ batch: 1, inputs: [inputs[2], inputs[0], inputs[3], inputs[1]] });
  for (const { name } of inputs) expect(numbersOf(shuffled, name)).toEqual(numbersOf(whole, name));
  const alone = await run({ batch: 1, inputs: [inputs[1]] });
  expect(numbersOf(alone, inputs[1].name)).toEqual(numbersOf(whole, inputs[1].name));
});

test('and with other explainers and metrics beside it', async () => {
  const whole = numbersOf(await run({ batch: 1 }), inputs[0].name);
  const one = await run({
    batch: 1,
    inputs: [inputs[0]],
    explainers: [explainers[1]],
    metrics: [metrics[1]],
  });
  const found = numbersOf(one, inputs[0].name);
  expect(found).toHaveLength(2);
  for (const each of found) expect(whole).toContainEqual(each);
});

test('where inputs share runs, keys are the same and numbers agree to the rounding of float32', async () => {
  const whole = await run({});
  const reversed = await run({ inputs: inputs.toReversed() });
  for (const { name } of inputs) expectRounded(numbersOf(reversed, name), numbersOf(whole, name));
});

test('equal inputs have equal numbers, other inputs other keys', async () => {
  const twin = {
    ...inputs[0],
    name: 'twin',
    tensor: { ...inputs[0].tensor, data: Float64Array.from(inputs[0].tensor.data) },
  };
  const both = await run({ batch: 1, inputs: [inputs[1], inputs[0], twin] });
  expect(numbersOf(both, 'twin').map(({ key }) => key)).toEqual(
    numbersOf(both, inputs[0].name).map(({ key }) => key),
  );
  const [a, b] = [inputs[0].name, inputs[1].name].map((name) => numbersOf(both, name)[0].key);
  expect(a).not.toEqual(b);
});

test('an evaluation, and what measure returns, can be cloned to another thread whole', async () => {
  const evaluation = await run({ batch: 1, inputs: inputs.slice(0, 2) });
  expect(structuredClone(evaluation)).toEqual(evaluation);
  const own = inputs.slice(0, 2);
  const queried = { ...prepared, inputs: own, queries: own.map(() => prepared.queries[0]) };
  const options = {
    batch: 1,
    explainers: explainers.map((text) => makeExplainer(text)),
    metrics: metrics.map((text) => makeMetric(text)),
  };
  const explanations = await explainInputs(queried, options);
  const measurements = await measure(queried, structuredClone(explanations), options);
  expect(structuredClone(measurements)).toEqual(evaluation.measurements);
});
