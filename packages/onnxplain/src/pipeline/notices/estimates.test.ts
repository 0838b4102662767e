import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../../test/models.js';

const folder = folderWith({
  'linear.onnx': linearModel(),
  'two.npy': npy([2, 4], [0.5, 0.25, 0.75, 1, 1, 2, 3, 4]),
  'repeated.npy': npy([3, 4], [0.5, 0.25, 0.75, 1, 1, 2, 3, 4, 0.5, 0.25, 0.75, 1]),
});
afterAll(() => rmSync(folder, { recursive: true }));

async function noticesOf(metric: string, input = 'two.npy'): Promise<string> {
  const out = join(folder, 'out');
  if (existsSync(out)) rmSync(out, { recursive: true });
  const paths = [join(folder, 'linear.onnx'), '--input', join(folder, input), '-o', out];
  const explainers = ['--explainer', 'gradient', '--explainer', 'random'];
  const { exit, err } = await onnxplain('evaluate', ...paths, ...explainers, '--metric', metric);
  expect(exit).toBe(0);
  return err;
}

test('evaluate says once which intervals rest on few draws, and of which explainers and inputs', async () => {
  const err = await noticesOf('infidelity(gaussian(0.1), draws=50)');
  const said = err.split('\n').filter((line) => line.includes('only 50 draws'));
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(
    /infidelity\(gaussian\(sigma=0\.1\), draws=50\) of gradient, random: only 50 draws/,
  );
  expect(said[0]).toMatch(/on 2 of 2 inputs.*take more draws/);
});

test('docs/notices.md lists every warning of an estimate', () => {
  const listing = readFileSync(join(import.meta.dirname, '../../../docs/notices.md'), 'utf8');
  for (const words of [
    'only ... draws: what happens in fewer than',
    'all ... draws gave one value',
    'the weights make ...',
    'an input repeats an earlier one',
  ]) {
    expect(listing).toContain(`| \`${words}`);
  }
});

test('evaluate says nothing of intervals where draws are many, or all there are', async () => {
  expect(await noticesOf('infidelity(gaussian(0.1), draws=100)')).not.toMatch(/draws=\.\.\./);
  expect(await noticesOf('infidelity(difference-to-baseline(0))')).not.toMatch(/draws=\.\.\./);
});

test('evaluate names the inputs that repeat an earlier one, and only those', async () => {
  const metric = 'infidelity(gaussian(0.1), draws=100)';
  expect(await noticesOf(metric, 'repeated.npy')).toMatch(
    /an input repeats an earlier one on 1 of 3 inputs, first "repeated\.npy\[2\]".*give each input once/,
  );
  expect(await noticesOf(metric)).not.toContain('repeats');
});
