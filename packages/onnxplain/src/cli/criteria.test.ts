import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '@onnxplain/report';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';

const folder = folderWith({
  'linear.onnx': linearModel(),
  'three.npy': npy([3, 4], [0.5, 0.25, 0.75, 1, 1, 2, 3, 4, 0.1, 0.9, 0.3, 0.2]),
  'labels.npy': npy([3, 4], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1]),
  'zeros.npy': npy([4], [0, 0, 0, 0]),
  'five.npy': npy([5], [0, 1, 0, 0, 0]),
  'two.npy': npy([2], [0, 1]),
  'others.npy': npy([3, 4], [0.5, 0.25, 0.75, 1, 1, 2, 3, 4, 7, 7, 7, 7]),
});
afterAll(() => rmSync(folder, { recursive: true }));

const [inputs, labels, out] = ['three.npy', 'labels.npy', 'out'].map((name) => join(folder, name));
const metrics = [
  'robustness-complement(fmn(steps=10), counts=[0,1,2])',
  'robustness-set(counts=[1,2,4], cap=9)',
  'randomised-weights(draws=3)',
  `precision-at-k(${labels}, 2, inputs=${inputs})`,
  `mean-average-precision(${labels}, inputs=${inputs})`,
];

test('evaluate measures sets of features, random weights and given labels, and compares pairs of explainers', async () => {
  const explainers = ['gradient', 'integrated-gradients(steps=3)', 'random'];
  const flags = [
    ...explainers.flatMap((each) => ['--explainer', each]),
    ...metrics.flatMap((each) => ['--metric', each]),
  ];
  const { exit, err } = await onnxplain(
    'evaluate',
    join(folder, 'linear.onnx'),
    '--input',
    inputs,
    ...flags,
    '-o',
    out,
  );
  expect(`${exit} ${err}`).toMatch(/^0 /);
  const record: RunRecord = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
  const kinds = metrics.map((_, m) => {
    const cells = record.estimates.filter(({ metric }) => metric === m);
    return new Set(cells.map((cell) => (cell.status === 'done' ? cell.estimate.kind : cell.status)));
  });
  expect(kinds.map((each) => [...each])).toEqual([['bound'], ['bound'], ['mean'], ['exact'], ['exact']]);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  expect(page.match(/<summary>Pairs of explainers<\/summary>/g)).toHaveLength(metrics.length);
});

test.each([
  ['greedy(target=3)', 'robustness-set', 'a class from 0 to 2'],
  ['cfx', 'robustness-set(target=7)', 'a class from 0 to 2'],
  ['kernel-shap(features=FOLDER/labels.npy)', 'robustness-set', 'kernel-shap'],
  ['gradient', 'better-than-chance(robustness-set(target=7))', 'a class from 0 to 2'],
  ['gradient', 'randomised-weights(layers=99)', 'at most 1, the number of layers with weights'],
  ['gradient', 'precision-at-k(FOLDER/five.npy)', 'precision-at-k'],
  ['gradient', 'mean-average-precision(FOLDER/zeros.npy)', 'labels that are all 0'],
  ['gradient', 'precision-at-k(FOLDER/two.npy, features=elements)', 'precision-at-k'],
  ['gradient', 'precision-at-k(FOLDER/labels.npy, inputs=FOLDER/others.npy)', 'among those with labels'],
])('%s measured by %s is refused before any work', async (explainer, metric, message) => {
  const into = join(folder, 'refused');
  const { exit, err } = await onnxplain(
    'evaluate',
    join(folder, 'linear.onnx'),
    ...['--input', inputs, '-o', into],
    ...['--explainer', explainer.replaceAll('FOLDER', folder)],
    ...['--metric', metric.replaceAll('FOLDER', folder)],
  );
  expect(exit).not.toBe(0);
  expect(err).toContain(message);
  expect(existsSync(into)).toBe(false);
});

test('evaluate says on the terminal why an estimate is invalid', async () => {
  const { exit, out: table } = await onnxplain(
    ...['evaluate', join(folder, 'linear.onnx'), '--input', inputs, '--rows', '0', '--explainer', 'gradient'],
    ...['--metric', 'infidelity(gaussian(0.1), draws=1)', '-o', join(folder, 'one-draw')],
  );
  expect(exit).toBe(0);
  expect(table).toMatch(/^invalid: .*draw/m);
});
