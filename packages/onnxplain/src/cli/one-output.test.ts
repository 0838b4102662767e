import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Graph } from '@onnxplain/graph';
import type { RunRecord } from '@onnxplain/report';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';

/** One number for each row of four: w·x and what follows. */
function oneOutput(last: 'Sigmoid' | 'Identity'): Uint8Array {
  const node = (op: string, inputs: readonly string[], output: string): Graph['nodes'][number] => ({
    op,
    domain: '',
    name: output,
    inputs,
    outputs: [output],
    attributes: {},
  });
  return linearModel({
    outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 1] }],
    constants: new Map([['w', { dtype: 'float32', dims: [4, 1], data: Float32Array.of(40, -20, 10, 0) }]]),
    nodes: [node('MatMul', ['x', 'w'], 'z'), node(last, ['z'], 'y')],
  });
}

const folder = folderWith({
  'sigmoid.onnx': oneOutput('Sigmoid'),
  'number.onnx': oneOutput('Identity'),
  // Class 1, whose probability is 1 in float32, class 0 with probability 0, and class 1 by a little.
  'rows.npy': npy([3, 4], [0.9, 0.1, 0.5, 0.5, 0.05, 1, 0.1, 0.5, 0.45, 0.8, 0.2, 0.5]),
});
afterAll(() => rmSync(folder, { recursive: true }));

const explainers = [
  'minimum-perturbation',
  'greedy(step=0.25, stop=1)',
  'one-step-banzhaf',
  'greedy-as(step=0.25, stop=1)',
  'cfx',
  'anchor',
  'gradient',
];
const metrics = [
  'robustness-complement(counts=[0,1,2])',
  'robustness-set(counts=[1,2,4], cap=9)',
  'insertion(0)',
  'deletion(0)',
];

async function statuses(model: string, ...flags: readonly string[]) {
  const out = join(folder, `out-${model}-${flags.length}`);
  const { exit } = await onnxplain(
    'evaluate',
    join(folder, `${model}.onnx`),
    ...['--input', join(folder, 'rows.npy'), '--bounds', '0,1', '-o', out],
    ...explainers.flatMap((each) => ['--explainer', each]),
    ...metrics.flatMap((each) => ['--metric', each]),
    ...flags,
  );
  const record: RunRecord = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
  return { exit, record, found: new Set(record.estimates.map(({ status }) => status)) };
}

test('all explainers and criteria of robustness take a model with one sigmoid, in both classes', async () => {
  const { exit, record, found } = await statuses('sigmoid');
  expect([exit, [...found]]).toEqual([0, ['done']]);
  const least = record.estimates.filter(({ metric, explainer }) => metric === 1 && explainer === 0);
  expect(least.map((cell) => cell.status === 'done' && cell.estimate.kind)).toEqual([
    'bound',
    'bound',
    'bound',
  ]);
});

test('one number that may be a regression has no margin, until --holds says that it is a logit', async () => {
  const { found, record } = await statuses('number');
  expect([...found].sort()).toEqual(['done', 'not-applicable']);
  const reasons = record.estimates.flatMap((cell) => (cell.status === 'not-applicable' ? [cell.reason] : []));
  expect(reasons.every((reason) => /regression.*--holds logits/.test(reason))).toBe(true);
  expect([...(await statuses('number', '--holds', 'logits')).found]).toEqual(['done']);
});
