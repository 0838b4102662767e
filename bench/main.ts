/**
 * Compares onnxplain with plain ONNX Runtime on the same machine in the same run: infidelity with plain forward passes, the gradient graph
 * with the forward pass, and the share of `evaluate` that is spent inside ONNX Runtime.
 */
import { join } from 'node:path';
import { row, type Tensor, tensor } from '@onnxplain/core';
import { type Model, open, score } from '@onnxplain/runtime';
import { evaluateInputs, makeExplainer, makeMetric, queryInputs } from 'onnxplain/pipeline';
import { demonstration } from '../scripts/demonstration.js';
import { imageRows, packagedDigits, readDigits } from '../scripts/idx.js';
import { benchArguments } from './arguments.js';
import { infidelityCost } from './infidelity.js';
import { interleaved } from './time.js';

const { values: given } = benchArguments({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(given.rounds);

async function gradientCost(model: Model, batch: Tensor): Promise<{ forward: number; gradient: number }> {
  const f = await score(model, { target: 0, batch: batch.shape[0] });
  return interleaved({ forward: () => f.value(batch), gradient: () => f.gradient(batch) }, 4 * rounds);
}

async function shareInside(model: Model, digits: Tensor): Promise<{ total: number; inside: number }> {
  const inputs = Array.from({ length: digits.shape[0] }, (_, i) => ({
    name: `digit ${i}`,
    tensor: row(digits, i),
  }));
  const { explainers, metrics } = demonstration;
  const made = { explainers: explainers.map(makeExplainer), metrics: metrics.map(makeMetric) };
  const { times } = await evaluateInputs(await queryInputs(model, inputs), made);
  return { total: times.explain + times.measure, inside: times.runtime };
}

const test = readDigits(packagedDigits(), 't10k');
const batch = (n: number) => tensor(imageRows(test, 0, n), [n, 1, 28, 28]);
const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;

await using model = await open(join(import.meta.dirname, '../models/mnist-cnn.onnx'));

const cost = await infidelityCost(model, row(batch(1), 0), rounds);
console.log(`infidelity, 10 000 draws on one digit: ${ms(cost.metric)}`);
console.log(`bare forward passes of 10 000 rows, batch ${cost.batch}: ${ms(cost.floor)}`);
console.log(`ratio ${cost.ratio.toFixed(3)} (at most 1.25 wanted)\n`);

const { forward, gradient } = await gradientCost(model, batch(64));
console.log(
  `value, batch 64: ${ms(forward)}; value and gradient: ${ms(gradient)}; ratio ${(gradient / forward).toFixed(2)}\n`,
);

const { total, inside } = await shareInside(model, batch(demonstration.digits.length));
const share = ((100 * inside) / total).toFixed(1);
console.log(
  `evaluate, ${demonstration.digits.length} digits, the expressions of the demonstration: ${total.toFixed(1)} s`,
);
console.log(`inside ONNX Runtime: ${inside.toFixed(1)} s, ${share} % (at least 85 % wanted)`);
