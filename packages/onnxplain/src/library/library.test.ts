import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, WEIGHTS } from '../../test/models.js';
import { evaluate, explain, gradient, infidelity, key, noisyBaseline, prepare, scoresOf } from '../index.js';
import { evaluateInputs, makeExplainer, makeMetric } from '../subpaths/pipeline.js';

const folder = folderWith({ 'm.onnx': linearModel(), 'x.npy': npy([2, 4]) });
afterAll(() => rmSync(folder, { recursive: true }));

const METRIC = 'infidelity(noisy-baseline(0.2), draws=200)';
const opened = () => prepare(join(folder, 'm.onnx'), { inputs: [join(folder, 'x.npy')], target: 1 });

test('explain gives every input what the model says of it and an attribution of each explainer', async () => {
  await using prepared = await opened();
  const { inputs } = await explain(prepared, { explainers: ['gradient', gradient()] });
  expect(inputs.map(({ input }) => input.target)).toEqual([1, 1]);
  for (const { explanations } of inputs) {
    expect(explanations.map(({ explainer }) => explainer)).toEqual(['gradient', 'gradient']);
    // Column 1 of the weights, [4, 3].
    const slopes = WEIGHTS.filter((_, i) => i % 3 === 1);
    for (const { attribution } of explanations) expect([...(attribution?.values.data ?? [])]).toEqual(slopes);
  }
});

test('evaluate gives the numbers of the pipeline for the same expressions and seed', async () => {
  await using prepared = await opened();
  const asked = { explainers: ['gradient', 'random'], metrics: [METRIC], seed: 3 };
  const { inputs } = await evaluate(prepared, asked);
  const { explanations, measurements } = await evaluateInputs(prepared, {
    explainers: asked.explainers.map(makeExplainer),
    metrics: asked.metrics.map(makeMetric),
    seed: asked.seed,
  });
  inputs.forEach((given, i) => {
    expect(given.input.score).toBe(explanations[i].input.value);
    expect(given.differences).toEqual(measurements[i].map(({ differences }) => differences));
    given.explanations.forEach(({ attribution, measured }, e) => {
      const outcome = explanations[i].attributions[e];
      expect(outcome).toMatchObject({ status: 'done', value: attribution });
      expect(measurements[i][0].measured[e]).toEqual({ status: 'done', value: measured[0] });
    });
  });
});

test('an explainer that fails leaves its reason in place of an attribution and of its measures', async () => {
  await using prepared = await opened();
  const explainers = ['attention-rollout', 'gradient'];
  const { inputs } = await evaluate(prepared, { explainers, metrics: [METRIC] });
  for (const { explanations } of inputs) {
    const [refused, done] = explanations;
    expect(refused.attribution).toBeUndefined();
    expect(refused.missing?.reason).not.toBe('');
    expect(refused.measured[0].estimate).toMatchObject({
      kind: 'invalid',
      n: 0,
      reason: expect.stringContaining(refused.missing?.reason ?? '-'),
    });
    expect(done.missing).toBeUndefined();
    expect(done.measured[0].estimate.kind).toBe('mean');
  }
});

test('results can be cloned to another thread', async () => {
  await using prepared = await opened();
  const options = { explainers: ['gradient', 'occlusion(1)'], metrics: [METRIC] };
  const result = await evaluate(prepared, options);
  expect(structuredClone(result)).toEqual(result);
});

test('a name that does not exist is refused before anything runs', async () => {
  await using prepared = await opened();
  await expect(explain(prepared, { explainers: ['gradent'] })).rejects.toMatchObject({
    code: 'name-unknown',
  });
  await expect(
    evaluate(prepared, { explainers: ['gradient'], metrics: ['infidelty'] }),
  ).rejects.toMatchObject({ code: 'name-unknown' });
  await expect(explain(prepared, { explainers: [] })).rejects.toMatchObject({ code: 'usage' });
});

test.each([
  ['a factory', [gradient], 'as in gradient()'],
  ['null', [null], 'got null'],
  ['no list', 'gradient', 'explainers: [...]'],
  ['nothing', undefined, 'explainers: [...]'],
])('%s in place of explainers is refused', async (_, explainers, said) => {
  await using prepared = await opened();
  // As a program in JavaScript may call it.
  const refused = Reflect.apply(explain, undefined, [prepared, { explainers }]);
  await expect(refused).rejects.toMatchObject({ code: 'usage' });
  await expect(refused).rejects.toThrow(/^explainers/);
  await expect(refused).rejects.toThrow(said);
});

test('an option that does not exist is refused, with the nearest one that does', async () => {
  await using prepared = await opened();
  // As a program in JavaScript may call it.
  const call = (of: (...given: never) => Promise<unknown>, options: unknown) =>
    Reflect.apply(of, undefined, [prepared, options]);
  const options = { explainers: ['gradient'], metrics: [METRIC], seeed: 3 };
  await expect(call(evaluate, options)).rejects.toMatchObject({ code: 'option-unknown' });
  await expect(call(evaluate, options)).rejects.toThrow('Did you mean seed?');
  await expect(call(explain, { explainers: ['gradient'], metrics: [] })).rejects.toMatchObject({
    code: 'option-unknown',
  });
  await expect(call(evaluate, undefined)).rejects.toMatchObject({ code: 'usage' });
});

test.each([
  ['an option that does not exist', { inputs: [], tagret: 1 }, 'option-unknown', 'Did you mean target?'],
  ['no options', undefined, 'usage', 'such as { inputs: [...] }'],
  ['null', null, 'usage', 'got null'],
  ['no inputs', {}, 'option-value', 'prepare(inputs): expected a list of paths, got nothing'],
  ['one path in place of a list', { inputs: 'x.npy' }, 'option-value', 'a list of paths, got "x.npy"'],
  ['a list of other things', { inputs: [3] }, 'option-value', 'a list of paths'],
  [
    'a layout without the batch axis',
    { inputs: [], layout: 'chw' },
    'option-value',
    'one of nchw, nhwc, ncw, nwc',
  ],
  [
    'a link that does not exist',
    { inputs: [], link: 'logits' },
    'option-value',
    'logit, probability, margin',
  ],
  ['a text for a flag', { inputs: [], header: 'yes' }, 'option-value', 'true or false'],
])('prepare refuses %s', async (_, options, code, said) => {
  // As a program in JavaScript may call it.
  const refused = Reflect.apply(prepare, undefined, [join(folder, 'm.onnx'), options]);
  await expect(refused).rejects.toMatchObject({ code });
  await expect(refused).rejects.toThrow(said);
});

test('prepare refuses what is no path', async () => {
  const refused = Reflect.apply(prepare, undefined, [undefined, { inputs: [] }]);
  await expect(refused).rejects.toMatchObject({ code: 'usage', diagnosis: { got: 'undefined' } });
});

test('the scores of prepared inputs explain what evaluate explains', async () => {
  await using prepared = await opened();
  const [{ f, input }] = await scoresOf(prepared);
  const { inputs } = await explain(prepared, { explainers: ['gradient'] });
  expect(inputs[0].input.score).toBe(input.value);
  const attribution = await gradient()(f, input.tensor, key(0));
  expect(inputs[0].explanations[0].attribution?.values).toEqual(attribution.values);
  const metric = infidelity(noisyBaseline({ sigma: 0.2 }), { draws: 50 });
  const { estimate } = await metric.measure({ f, x: input.tensor, attribution }, key(1));
  expect(estimate.kind).toBe('mean');
});
