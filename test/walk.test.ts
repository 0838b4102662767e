import { join } from 'node:path';
import { gaussian, grad, key, prepare, score, tensor } from 'onnxplain';
import { add, fold, norm, scale, subtract } from 'onnxplain/core';
import { coverage, select, write } from 'onnxplain/graph';
import { environmentOf, evaluateInputs, makeExplainer, makeMetric, recordOf } from 'onnxplain/pipeline';
import { page } from 'onnxplain/report';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Length of the step along the gradient, small against the distance to kinks, large enough for float32. */
const STEP = 1e-2;

/** Takes one digit through all steps of ARCHITECTURE.md. Each step uses the result of the one before. */
test('one digit goes through all steps from its file to the report, with the expected result at each', async () => {
  const prepared = await prepare(join(root, 'models/mnist-cnn.onnx'), {
    inputs: [join(root, 'models/digits/7.png')],
  });
  const { model, about, inputs, queries, drawing } = prepared;
  const [{ tensor: x }] = inputs;
  expect(x.shape).toEqual([1, 28, 28]);
  expect(model.graph.nodes.map(({ op }) => op).slice(0, 3)).toEqual(['Conv', 'Relu', 'MaxPool']);

  const selected = select(model.graph, { output: 'logits' });
  expect(selected.inputs.map(({ name }) => name)).toEqual(['image', 'target']);
  expect(coverage(model.graph, {}).every(({ status }) => status === 'rule')).toBe(true);
  const gradient = grad(model.graph, { of: 'logits', wrt: 'image' });
  expect(gradient.outputs.at(-1)).toMatchObject({ name: 'gradient', dims: ['N', 1, 28, 28] });
  expect(write(gradient).length).toBeGreaterThan(1e6);

  const f = await score(model, { target: 7 });
  const batch = tensor(x.data, [1, ...x.shape]);
  const [value] = await f.value(batch);
  // A point without ties: on a black background, max pooling has different slopes on both sides.
  const near = gaussian({ sigma: 0.1 })(x, key(1), 0, 1).inputs;
  const slope = await f.gradient(near);
  const step = scale(slope, STEP / norm(slope, 'l2'));
  const [up, down] = [await f.value(add(near, step)), await f.value(subtract(near, step))];
  expect((up[0] - down[0]) / (2 * STEP) / norm(slope, 'l2')).toBeCloseTo(1, 2);

  const explainer = makeExplainer('integrated-gradients(steps=30)');
  const attribution = await explainer(f, x, fold(key(0), 'explain'));
  const sum = Array.from(attribution.values.data).reduce((total, v) => total + v, 0);
  const [empty] = await f.value(tensor(new Float32Array(784), [1, ...x.shape]));
  expect(sum + (attribution.residual ?? Number.NaN)).toBeCloseTo(value - empty, 3);

  const evaluation = await evaluateInputs(prepared, {
    explainers: [makeExplainer('gradient'), explainer],
    metrics: [makeMetric('infidelity(square(6), draws=300)')],
  });
  const [cell] = evaluation.measurements[0][0].measured;
  expect(cell.status).toBe('done');
  const { record, files } = recordOf(evaluation, {
    model: about,
    environment: environmentOf(model),
    request: { command: ['walk'], link: 'logit', output: 'logits', bounds: queries[0].bounds },
    drawing,
  });
  const html = page(record, files);
  expect(html).toContain('integrated-gradients');
  expect(html).not.toMatch(/(src|href)="https?:/);
  await model.close();
});
