import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, npy, onnxplain } from '../../test/models.js';

const forest = join(import.meta.dirname, '../../../../test/fixtures/tables/forest.onnx');
const folder = folderWith({ 'three.npy': npy([3, 4]), 'one.npy': npy([1, 4]) });
afterAll(() => rmSync(folder, { recursive: true }));

const explain = (file: string, ...rest: readonly string[]) =>
  onnxplain('explain', forest, '--input', join(folder, file), '--explainer', 'gradient', ...rest);

const REASON = 'expected an operator with a backward rule';

test('a reason that holds for all inputs is said once, after them', async () => {
  const { exit, out } = await explain('three.npy');
  expect(exit).toBe(1);
  expect(out.split(REASON)).toHaveLength(2);
  expect(out.split('f(x) = ')).toHaveLength(4);
  expect(out).toMatch(
    /f\(x\) = [^\n]+\nfailed, for all 3 inputs: ai\.onnx\.ml:TreeEnsembleClassifier [^\n]+\n$/,
  );
});

test('the reason of one input stands below it', async () => {
  expect((await explain('one.npy')).out).toMatch(
    /\n {2}failed: ai\.onnx\.ml:TreeEnsembleClassifier [^\n]+\n$/,
  );
});

test('JSON has the reason at every input', async () => {
  const { explanations } = JSON.parse((await explain('three.npy', '--json')).out);
  expect(explanations.map(({ reason }: { reason: string }) => reason.includes(REASON))).toEqual([
    true,
    true,
    true,
  ]);
});
