/**
 * How many of the features that a ranking puts first two keys share, and how long one explanation takes, for the class of a test digit:
 * `npx tsx scripts/shared-features.ts [--digit 0] [--top 0.05] EXPRESSION...`. Run `pnpm build` before.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Attribution, featureValues, key, row, tensor } from '@onnxplain/core';
import { open, score } from '@onnxplain/runtime';
import { makeExplainer } from 'onnxplain/pipeline';
import { imageRows, packagedDigits, readDigits } from './idx.js';

const { values: given, positionals: expressions } = parseArgs({
  allowPositionals: true,
  options: { digit: { type: 'string', default: '0' }, top: { type: 'string', default: '0.05' } },
});

const digits = readDigits(packagedDigits(), 't10k');
const digit = Number(given.digit);
const x = row(tensor(imageRows(digits, digit, digit + 1), [1, 1, 28, 28]), 0);

await using model = await open(join(import.meta.dirname, '../models/mnist-cnn.onnx'));
const f = await score(model, { target: digits.labels[digit] });

/** The features of the largest numbers, and how many of them that is. */
function firstOf(attribution: Attribution): ReadonlySet<number> {
  const numbers = featureValues(attribution);
  const order = [...numbers.keys()].sort((a, b) => numbers[b] - numbers[a]);
  return new Set(order.slice(0, Math.floor(Number(given.top) * numbers.length)));
}

console.log('| explainer | first features | shared by two keys | seconds |');
console.log('| --- | --- | --- | --- |');
for (const expression of expressions) {
  const explain = makeExplainer(expression);
  const started = performance.now();
  const [one, other] = [firstOf(await explain(f, x, key(0))), firstOf(await explain(f, x, key(1)))];
  const seconds = (performance.now() - started) / 2000;
  const shared = [...one].filter((feature) => other.has(feature)).length;
  console.log(`| \`${expression}\` | ${one.size} | ${shared} | ${seconds.toFixed(0)} |`);
}
