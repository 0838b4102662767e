/**
 * Prints, for digits and sets of their pixels, the norm that an attack finds (an upper bound of the smallest perturbation) beside the
 * radius that linear relaxation certifies (a lower bound), and their ratio. The model must consist of rectifiers and affine operators.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { key } from '@onnxplain/core';
import { certifiedRadius, read, reluLayersOf } from '@onnxplain/graph';
import { open } from '@onnxplain/runtime';
import { make } from 'onnxplain';
import { benchArguments } from './arguments.js';
import { digitCases } from './attacks/cases.js';

const { values: given } = benchArguments({
  options: {
    model: {
      type: 'string',
      default: join(import.meta.dirname, '../models/mnist-small-cnn.onnx'),
      form: 'FILE.onnx',
    },
    digits: { type: 'string', default: '1' },
    sizes: { type: 'string', default: '10' },
    attack: { type: 'string', default: 'minimum' },
  },
});

const graph = read(readFileSync(given.model));
const layers = reluLayersOf(graph, { input: graph.inputs[0].name, output: graph.outputs[0].name });
await using model = await open(given.model);
const attack = make(given.attack, 'attack');
const cases = await digitCases(model, {
  digits: Number(given.digits),
  sizes: given.sizes.split(',').map(Number),
});
console.log('| digit | free pixels | certified radius | norm found | ratio |');
console.log('|---|---|---|---|---|');
for (const [digit, { margin, input, sets }] of cases.entries()) {
  const found = await attack(margin, input, sets, key(0));
  for (const [set, { estimate }] of found.entries()) {
    const { count } = sets.features;
    const free = sets.free.subarray(set * count, (set + 1) * count);
    const radius = certifiedRadius(layers, {
      x: input.data,
      norm: attack.norm,
      free,
      bounds: margin.bounds,
      target: margin.classes?.target ?? 0,
      tolerance: 0.02,
    });
    const upper = 'value' in estimate ? estimate.value : Number.POSITIVE_INFINITY;
    const pixels = free.reduce((sum, mark) => sum + mark, 0);
    console.log(
      `| ${digit} | ${pixels} | ${radius.toFixed(3)} | ${upper.toFixed(3)} | ${(radius / upper).toFixed(2)} |`,
    );
  }
}
