/**
 * Compares the sensitivities by ascent with those by as many draws, on test digits that training did not see. Prints for each metric the
 * median and the least ratio of the two numbers, on what share of the digits the ascent gives at least as much, and seconds.
 * `npx tsx scripts/ascent.ts [--model FILE] [--digits N] [--draws N] [--ball l2|linf] [--radius R] [--explainer EXPR]`
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fold, key, tensor } from '@onnxplain/core';
import { sensitivityLipschitz, sensitivityMax } from '@onnxplain/metrics';
import { make, open, score } from 'onnxplain';
import { imageRows, packagedDigits, readDigits } from './idx.js';

const { values: given } = parseArgs({
  options: {
    model: { type: 'string', default: join(import.meta.dirname, '../models/mnist-cnn.onnx') },
    digits: { type: 'string', default: '40' },
    draws: { type: 'string', default: '50' },
    ball: { type: 'string', default: 'l2' },
    radius: { type: 'string', default: '0.1' },
    explainer: { type: 'string', default: 'gradient' },
  },
});
const [digits, draws, radius] = [given.digits, given.draws, given.radius].map(Number);
const ball = given.ball === 'linf' ? 'linf' : 'l2';
const explain = make(given.explainer, 'explainer');
const metrics = { 'sensitivity-max': sensitivityMax, 'sensitivity-lipschitz': sensitivityLipschitz };
const searches = ['draws', 'ascent'] as const;

await using model = await open(given.model);
const test = readDigits(packagedDigits(), 't10k');
console.log(
  `${explain.expression}, ${digits} digits, ${ball} ball of radius ${radius}, ${draws} explanations\n`,
);
console.log('| metric | median ratio | least ratio | at least as large | seconds by draws | by ascent |');
console.log('|---|---|---|---|---|---|');
for (const [name, metric] of Object.entries(metrics)) {
  const ratios: number[] = [];
  const seconds = { draws: 0, ascent: 0 };
  for (let digit = 0; digit < digits; digit++) {
    const x = tensor(Float32Array.from(imageRows(test, digit, digit + 1)), [1, 28, 28]);
    const f = await score(model, { target: test.labels[digit] });
    const subject = { f, x, explain, attribution: await explain(f, x, key(1)) };
    const numbers: number[] = [];
    for (const search of searches) {
      const start = performance.now();
      const { estimate } = await metric({ radius, ball, draws, search }).measure(
        subject,
        fold(key(2), digit),
      );
      seconds[search] += (performance.now() - start) / 1000;
      numbers.push('value' in estimate ? estimate.value : Number.NaN);
    }
    ratios.push(numbers[1] / numbers[0]);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  const share = ratios.filter((ratio) => ratio >= 1).length / digits;
  const cells = [
    name,
    sorted[Math.floor(digits / 2)].toFixed(2),
    sorted[0].toFixed(2),
    `${(100 * share).toFixed(0)} %`,
    seconds.draws.toFixed(1),
    seconds.ascent.toFixed(1),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
