import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';

const folder = folderWith({ 'm.onnx': linearModel(), 'x.npy': npy([1, 4]) });
afterAll(() => rmSync(folder, { recursive: true }));

const explained = (explainer: string, ...more: readonly string[]) =>
  onnxplain(
    ...['explain', join(folder, 'm.onnx'), '--input', join(folder, 'x.npy')],
    ...['--explainer', explainer, ...more],
  );

test.each([
  ['smooth(gradient, gaussian(0.1), draws=1e12)', [], /at most 1000000000, got 1000000000000/],
  ['integrated-gradients(steps=1e10)', [], /at most 1000000000, got 10000000000/],
  ['gradient', ['--threads', '99999'], /at most \d+, got 99999/],
])('%s %j is refused at once, with the numbers', async (explainer, more, words) => {
  const { exit, err } = await explained(explainer, ...more);
  expect(exit).toBe(2);
  expect(err).toMatch(words);
});
