/**
 * Measures `greedy-as` on test digits: its time on the two digits models, the share of it inside ONNX Runtime, and its ratio to the bare
 * runs of the same rows; how many of the first 5 % of the pixels an attack of 100 steps on the same subsets also puts first (for `--compared`
 * digits); how many two keys share; and the time that the program of the authors would take.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { key } from '@onnxplain/core';
import { open } from '@onnxplain/runtime';
import { bareSeconds, secondsPerSet } from './greedy/cost.js';
import { explain, firstDigits, shared } from './greedy/digit.js';

const { values: given } = parseArgs({
  options: {
    model: { type: 'string', multiple: true, default: ['mnist-small-cnn', 'mnist-cnn'] },
    digits: { type: 'string', default: '6' },
    compared: { type: 'string', default: '2' },
    subsets: { type: 'string', default: '5000' },
    long: { type: 'string', default: 'fmn(steps=100)' },
    'paper-sets': { type: 'string', default: '16' },
  },
});
const subsets = Number(given.subsets);
const TOP = 0.05;
const models = given.model.map((name) => ({
  name,
  file: join(import.meta.dirname, `../models/${name}.onnx`),
}));

console.log(`top 20 % of one digit, ${subsets} subsets a step\n`);
console.log(
  '| model | seconds | seconds of all cores | inside ONNX Runtime | time / bare runs of the same rows | preset=paper-code with its attack |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const { name, file } of models) {
  await using model = await open(file);
  const [digit] = await firstDigits(model, 1);
  const { seconds, cpu, inside, attribution } = await explain(
    `greedy-as(stop=0.2, subsets=${subsets})`,
    digit,
    key(0),
  );
  const bare = await bareSeconds(digit, attribution.cost);
  const paper = await secondsPerSet('pgd(judge=last)', digit, Number(given['paper-sets']));
  const cells = [
    seconds.toFixed(1),
    cpu.toFixed(1),
    `${((100 * inside) / seconds).toFixed(1)} %`,
    (seconds / bare).toFixed(2),
    `${((paper * 4 * subsets) / 3600).toFixed(1)} hours`,
  ];
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}

console.log(`\nof the first ${100 * TOP} % of the pixels, how many are shared\n`);
console.log(`| model | digit | with ${given.long} on the same subsets | by two keys | seconds a step |`);
console.log('| --- | --- | --- | --- | --- |');
const { name, file } = models[0];
await using model = await open(file);
for (const [i, digit] of (await firstDigits(model, Number(given.digits))).entries()) {
  const options = `stop=${TOP}, subsets=${subsets}`;
  const one = await explain(`greedy-as(${options})`, digit, key(0));
  const other = await explain(`greedy-as(${options})`, digit, key(1));
  const long =
    i < Number(given.compared)
      ? await explain(`greedy-as(${given.long}, ${options})`, digit, key(0))
      : undefined;
  const cells = [
    long === undefined ? '' : shared(one.attribution, long.attribution, TOP),
    shared(one.attribution, other.attribution, TOP),
    one.seconds.toFixed(1),
  ];
  console.log(`| ${[name, i, ...cells].join(' | ')} |`);
}
