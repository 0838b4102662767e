/**
 * Compares the attacks with the one of [H21], projected gradient descent with a binary search of the radius, on the shipped digits model:
 * random and gradient-ranked sets of pixels, and their complements. Prints for each attack the mean ratio of its norms to the norms and to
 * the radii of [H21]'s, over the sets where both found a point, how many it found and lost, and what it cost. The attacks take turns
 * digit by digit. The reference takes nearly all of the time: about 1600 gradients for each set.
 */
import { join } from 'node:path';
import { open } from '@onnxplain/runtime';
import { make } from 'onnxplain';
import { benchArguments } from './arguments.js';
import { digitCases } from './attacks/cases.js';
import { type AttackResult, compareAttacks } from './attacks/compare.js';

const { values: given } = benchArguments({
  options: {
    digits: { type: 'string', default: '8' },
    sizes: { type: 'string', default: '5,10,20,45' },
    attack: {
      type: 'string',
      multiple: true,
      form: 'EXPRESSION',
      default: ['minimum(steps=20)', 'minimum(steps=40)', 'sqp(steps=40)', 'fmn(steps=40)', 'ddn(steps=40)'],
    },
    reference: { type: 'string', default: 'pgd(judge=last)' },
  },
});

await using model = await open(join(import.meta.dirname, '../models/mnist-cnn.onnx'));
const sizes = given.sizes.split(',').map(Number);
const cases = await digitCases(model, { digits: Number(given.digits), sizes });
const expressions = [given.reference, ...given.attack];
const results = await compareAttacks(
  cases,
  expressions.map((expression) => make(expression, 'attack')),
);
console.log(
  `${cases.length} digits, ${results[0].sets} sets: ${sizes.join(', ')} % of the pixels, random and by gradient, and their complements\n`,
);
console.log(
  '| attack | gradients | forward passes | seconds | found | lost | mean norm / norm | mean norm / radius |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const result of results) console.log(lineOf(result));

function lineOf({ expression, perSet, found, lost, byNorm, byRadius }: AttackResult): string {
  const [gradients, forward, seconds] = [perSet.backward, perSet.forward, perSet.seconds];
  const cells = [
    expression,
    gradients.toFixed(1),
    forward.toFixed(1),
    seconds.toFixed(3),
    found,
    lost,
    byNorm.toFixed(3),
    byRadius.toFixed(3),
  ];
  return `| ${cells.join(' | ')} |`;
}
