/**
 * Compares KernelSHAP of a photograph with its floor: the forward passes of its coalitions in a plain session of the same file, at the best
 * batch size, with inputs that are made before, both in processor time of all threads. `--features` is a number, the side of square cells,
 * or a name such as superpixels.
 */
import { readFileSync } from 'node:fs';
import { coalitions, featuresFor, key, tensor } from '@onnxplain/core';
import { explainers } from '@onnxplain/explainers';
import { open, openSession, score } from '@onnxplain/runtime';
import { benchArguments } from './arguments.js';
import { bestBatch, forward } from './infidelity.js';
import { photograph, photographOptions } from './photograph.js';
import { interleaved, processorSeconds } from './time.js';

const { values: given } = benchArguments({
  required: ['model', 'photo'],
  options: {
    rounds: { type: 'string', default: '3' },
    coalitions: { type: 'string', default: '500' },
    features: { type: 'string', default: '28' },
    ...photographOptions,
  },
});
const samples = Number(given.coalitions);
const features = /^\d+$/.test(given.features) ? Number(given.features) : given.features;

await using model = await open(given.model);
const x = photograph(given.photo);
const f = await score(model, { target: 50 });
const explain = explainers['kernel-shap'].make({ samples, features });
const { features: parts } = await explain(f, x, key(0));
const labels = tensor(Float64Array.from(parts?.of ?? []), x.shape);
const { count } = featuresFor('bench', x.shape, { features: labels });
// The explanation also evaluates f at the input and at the baseline.
const { inputs } = coalitions({ sampling: 'paired', features: labels })(x, key(0), 0, samples + 2);
const session = await openSession(readFileSync(given.model));
const batch = await bestBatch(session, inputs, { batches: [1, 2, 4, 8, 16, 32], sample: 32 });
const inRuns = await score(model, { target: 50, batch });
const times = await interleaved(
  {
    forward: () => forward(session, inputs, batch),
    explanation: () => explain(f, x, key(0)),
    inRuns: () => explain(inRuns, x, key(0)),
  },
  Number(given.rounds),
  processorSeconds,
);
await session.release();
const seconds = (value: number) => `${value.toFixed(2)} s`;
console.log(`${explain.expression} of a photograph, ${count} features: ${seconds(times.explanation)}`);
console.log(`floor: ${samples + 2} bare forward passes, batch ${batch}: ${seconds(times.forward)}`);
const ratio = (value: number) => `ratio ${(value / times.forward).toFixed(2)} (at most 1.15 wanted)`;
console.log(ratio(times.explanation));
console.log(
  `with runs of ${batch} rows, score(model, { batch: ${batch} }): ${seconds(times.inRuns)}, ${ratio(times.inRuns)}`,
);
