import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';
import { main } from './program.js';

const folder = folderWith({ 'm.onnx': linearModel(), 'x.npy': npy([1, 4]) });
afterAll(() => rmSync(folder, { recursive: true }));

const model = [join(folder, 'm.onnx'), '--input', join(folder, 'x.npy')];

test.each([
  ['smooth(gradient, gaussian(0.1), draws=1e12)', [], /at most 1000000000, got 1000000000000.*Lower draws/],
  ['integrated-gradients(steps=1e10)', [], /at most 1000000000, got 10000000000.*Lower steps/],
  ['gradient', ['--spin', '1e6'], /at most 100000, got 1000000.*Lower spin to 100000/],
  ['gradient', ['--threads', '99999'], /at most \d+, got 99999.*Lower threads to \d+/],
])('%s %j is refused at once, with the numbers and what to lower', async (explainer, more, words) => {
  const { exit, err } = await onnxplain('explain', ...model, '--explainer', explainer, ...more);
  expect(exit).toBe(2);
  expect(err).toMatch(words);
});

test.each([
  [
    'smooth(smooth(gradient, gaussian(0.1), draws=1e8), gaussian(0.1), draws=1e8)',
    [],
    /by a factor of 10 000/,
  ],
  ['optimal(gaussian(0.1), draws=1e8)', ['--memory-limit', '1000'], /Lower draws to [\d ]+ or fewer/],
])('%s %j is refused before it runs, with what to lower', async (explainer, more, words) => {
  const { exit, err } = await onnxplain('explain', ...model, '--explainer', explainer, ...more);
  expect(exit).toBe(1);
  expect(err).toMatch(/too-large/);
  expect(err).toMatch(words);
});

/** What a command writes until it says its cost; it is stopped there. */
async function untilCost(...argv: readonly string[]): Promise<string> {
  const controller = new AbortController();
  let text = '';
  const err = new Writable({
    write(chunk, _, done) {
      text += chunk;
      if (text.includes('this run takes')) controller.abort();
      done();
    },
  });
  await main(argv, { out: { write: () => undefined }, err, signal: controller.signal });
  return text;
}

test('explain says what a large request takes before it begins', async () => {
  const text = await untilCost(
    'explain',
    ...model,
    '--explainer',
    'smooth(gradient, gaussian(0.1), draws=1e9)',
  );
  expect(text).toMatch(/^this run takes 1 000 000 000 gradients of the model, about [\d.]+ (min|h|days)/m);
});

test('evaluate says what a large request takes, and what is not known before', async () => {
  const text = await untilCost(
    ...['evaluate', ...model, '--explainer', 'cfx', '--metric', 'infidelity(gaussian(0.1), draws=1e8)'],
    ...['--metric', 'sensitivity-max(draws=10)', '-o', join(folder, 'out'), '--memory-limit', '4000'],
  );
  expect(text).toMatch(/this run takes 100 000 001 evaluations of the model, .* about 2\.5 GB of memory/);
  expect(text).toMatch(/not counted, as it is not known before: cfx.*, sensitivity-max/);
});

test('a cost that is not known before is named, also where the known part is small', async () => {
  const { err } = await onnxplain('explain', ...model, '--explainer', 'cfx');
  expect(err).toMatch(/^what cfx takes is not known before$/m);
});

test('a small request says nothing of its cost', async () => {
  const { err } = await onnxplain('explain', ...model, '--explainer', 'integrated-gradients(steps=20)');
  expect(err).not.toMatch(/this run takes/);
});

test('as many draws as a refusal for lack of memory names are not refused', async () => {
  const asked = (draws: string) => [
    '--explainer',
    `optimal(gaussian(0.1), draws=${draws})`,
    '--memory-limit',
    '4000',
  ];
  const { err } = await onnxplain('explain', ...model, ...asked('1e8'));
  const fit = Number(/Lower draws to ([\d ]+) or fewer/.exec(err)?.[1].replaceAll(' ', ''));
  expect(fit).toBeLessThan(104_857_596);
  // This process may have grown by some megabytes since.
  // More than 1 GB is said on a fast machine too.
  expect(await untilCost('explain', ...model, ...asked(String(Math.floor(0.95 * fit))))).toMatch(
    /this run takes/,
  );
});
