/**
 * Measures `greedy-as` on test digits: its time on the two digits models, the share of it inside ONNX Runtime, and its ratio to the bare
 * runs of the same rows; and the time that the program of the authors would take. Then, for each of `--digits`: how many of the first 5 % of
 * the pixels two keys share, how many an attack of 100 steps on the same subsets also puts first (of the first `--compared` digits), and
 * the mean norms of both. With `--control ATTACK` it also compares two attacks of 100 steps, the second with ATTACK for the pilots: what
 * they share is the most that can be asked of an attack with pilots of its own.
 */
import { join } from 'node:path';
import { key } from '@onnxplain/core';
import { open } from '@onnxplain/runtime';
import { benchArguments } from './arguments.js';
import { bareSeconds, secondsPerSet } from './greedy/cost.js';
import { explain, explainNoted, firstDigits, shared } from './greedy/digit.js';

const { values: given } = benchArguments({
  options: {
    model: { type: 'string', multiple: true, default: ['mnist-small-cnn', 'mnist-cnn'], form: 'NAME' },
    digits: { type: 'string', default: '6' },
    compared: { type: 'string', default: '2' },
    subsets: { type: 'string', default: '5000' },
    attack: { type: 'string', default: 'fmn(steps=10)' },
    long: { type: 'string', default: 'fmn(steps=100)' },
    pilots: { type: 'string', default: 'fmn(steps=20)' },
    control: { type: 'string', form: 'EXPRESSION' },
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

console.log(
  `\nof the first ${100 * TOP} % of the pixels, how many are shared; norms are means over the subsets\n`,
);
const columns = [
  ...['model', 'digit', 'by two keys', 'cpu seconds', `with ${given.long} on the same subsets`],
  ...['norm', `norm of ${given.long}`],
  ...(given.control ? [`of two ${given.long} with other pilots (${given.control})`] : []),
];
console.log(`| ${columns.join(' | ')} |`);
console.log(`|${' --- |'.repeat(columns.length)}`);
const { name, file } = models[0];
await using model = await open(file);
for (const [i, digit] of (await firstDigits(model, Number(given.digits))).entries()) {
  const ranked = (attack: string, pilots: string, seed: number) =>
    explainNoted({ attack, pilots, subsets, stop: TOP }, digit, key(seed));
  const one = await ranked(given.attack, given.pilots, 0);
  const other = await ranked(given.attack, given.pilots, 1);
  const isCompared = i < Number(given.compared);
  const long = isCompared ? await ranked(given.long, given.pilots, 0) : undefined;
  const control = isCompared && given.control ? await ranked(given.long, given.control, 0) : undefined;
  const cells = [
    ...[shared(one.attribution, other.attribution, TOP), one.cpu.toFixed(1)],
    ...(long ? [shared(one.attribution, long.attribution, TOP)] : ['']),
    ...[one.meanNorm.toFixed(4), long?.meanNorm.toFixed(4) ?? ''],
    ...(control && long ? [shared(control.attribution, long.attribution, TOP)] : []),
  ];
  console.log(`| ${[name, i, ...cells].join(' | ')} |`);
}
