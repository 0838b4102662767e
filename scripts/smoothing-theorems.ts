/**
 * Both sides of the two theorems of [Y19] on smoothing, with the constants C1 and C2, for the gradient of the shipped digits model at test
 * digits, by the radius of the kernel. Prints means over the digits, and on how many of them Theorem 4.2 gives a bound at all.
 * `npx tsx scripts/smoothing-theorems.ts [--digits N] [--points N] [--draws N] [--neighbours N]`
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fold, key, noisyBaseline, tensor, uniform } from '@onnxplain/core';
import { gradient } from '@onnxplain/explainers';
import { smoothedInfidelity, smoothedSensitivity } from '@onnxplain/metrics';
import { open, score } from 'onnxplain';
import { imageRows, packagedDigits, readDigits } from './idx.js';

const { values: given } = parseArgs({
  options: {
    model: { type: 'string', default: join(import.meta.dirname, '../models/mnist-cnn.onnx') },
    digits: { type: 'string', default: '10' },
    points: { type: 'string', default: '20' },
    draws: { type: 'string', default: '300' },
    neighbours: { type: 'string', default: '10' },
  },
});
const [digits, points, draws, neighbours] = [given.digits, given.points, given.draws, given.neighbours].map(
  Number,
);
const explain = gradient();
const perturbation = noisyBaseline({ sigma: 0.2 });
const ball = uniform({ radius: 0.2, ball: 'linf' });
const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;

await using model = await open(given.model);
const test = readDigits(packagedDigits(), 't10k');
console.log(
  `Gradient, ${digits} digits, ${points} points of the kernel, ${perturbation.expression}, ${draws} draws;`,
);
console.log(`sensitivity over ${neighbours} neighbours of ${ball.expression}\n`);
console.log(
  '| radius of the kernel | INFD of the mean | mean INFD | C1 | C2 | says something | SENS of the mean | mean SENS |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const radius of [0.05, 0.1, 0.2, 0.5]) {
  const kernel = uniform({ radius });
  const rows: number[][] = [];
  for (let digit = 0; digit < digits; digit++) {
    const x = tensor(Float32Array.from(imageRows(test, digit, digit + 1)), [1, 28, 28]);
    const f = await score(model, { target: test.labels[digit] });
    const own = fold(key(1), digit);
    const infidelity = await smoothedInfidelity({ f, x, explain, kernel, points, perturbation, draws }, own);
    const sensitivity = await smoothedSensitivity({ f, x, explain, kernel, points, ball, neighbours }, own);
    const { smoothed, averaged, c1, c2, bound } = infidelity;
    if (smoothed > bound * (1 + 1e-6) || sensitivity.smoothed > sensitivity.averaged * (1 + 1e-6))
      throw new Error(`a theorem does not hold at digit ${digit}`);
    rows.push([
      smoothed,
      averaged,
      c1,
      c2,
      Number.isFinite(bound) ? 1 : 0,
      sensitivity.smoothed,
      sensitivity.averaged,
    ]);
  }
  const [smoothed, averaged, c1, c2, told, left, right] = rows[0].map((_, i) => mean(rows.map((r) => r[i])));
  const cells = [
    radius,
    ...[smoothed, averaged, c1, c2].map((v) => v.toPrecision(3)),
    `${told * digits} of ${digits}`,
  ];
  console.log(`| ${[...cells, left.toPrecision(3), right.toPrecision(3)].join(' | ')} |`);
}
