import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Explainer, named } from '@onnxplain/core';
import { gradient } from '@onnxplain/explainers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy } from '../../test/models.js';
import { makeMetric } from '../expression/registry.js';
import { type Prepared, prepare } from './prepare.js';
import { runPlan } from './run/ledger-run.js';

const folder = folderWith({ 'm.onnx': linearModel(), 'x.npy': npy([3, 4]) });
let prepared: Prepared;
beforeAll(async () => {
  prepared = await prepare(join(folder, 'm.onnx'), { inputs: [join(folder, 'x.npy')] });
});
afterAll(async () => {
  await prepared.model.close();
  rmSync(folder, { recursive: true });
});

/** The gradient, whose first `failures` calls throw. */
function flaky(failures: number): Explainer {
  const explain = gradient();
  let left = failures;
  const { expression, kind } = explain;
  const attempt = async (...given: Parameters<Explainer>) => {
    if (left-- > 0) throw new Error('out of memory');
    return explain(...given);
  };
  return named(attempt, { expression, kind });
}

/** Attributions and measurements of a run with an explainer that fails so often. */
async function run(name: string, failures: number): Promise<unknown> {
  const { results, done } = await runPlan(prepared, {
    explainers: [flaky(failures)],
    metrics: [makeMetric('infidelity(gaussian(1), draws=20)')],
    seed: 0,
    folder: join(folder, name),
    resume: true,
  });
  await done();
  return { attributions: results.attributions, measurements: results.measurements };
}

test('a run whose failed cells succeed when it is resumed finds what a run without failures finds', async () => {
  const failed = await run('flaky', 2);
  const whole = await run('whole', 0);
  expect(failed).not.toEqual(whole);
  expect(await run('flaky', 0)).toEqual(whole);
});
