import { join } from 'node:path';
import {
  coverage,
  environmentOf,
  evaluate,
  fold,
  grad,
  key,
  makeExplainer,
  makeMetric,
  page,
  prepare,
  recordOf,
  row,
  score,
  select,
  tensor,
  write,
} from 'onnxplain';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Small enough to cross no kink of this digit, large enough for float32. */
const STEP = 1e-3;

/** One digit down the whole road of ARCHITECTURE.md; each stop is what the next one takes. */
test('one digit walks from the file to the page', async () => {
  const { model, about, loaded, asked, drawing } = await prepare(join(root, 'models/mnist-cnn.onnx'), {
    inputs: [join(root, 'models/digits/7.png')],
  });
  const [{ tensor: x }] = loaded.inputs;
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
  const slope = row(await f.gradient(batch), 0);
  const steepest = slope.data.reduce((best, v, i) => (Math.abs(v) > Math.abs(slope.data[best]) ? i : best), 0);
  const moved = Float32Array.from(x.data, (v, i) => (i === steepest ? v + STEP : v));
  const [after] = await f.value(tensor(moved, [1, ...x.shape]));
  expect((after - value) / STEP / slope.data[steepest]).toBeCloseTo(1, 1);

  const explainer = makeExplainer('integrated-gradients(steps=30)');
  const attribution = await explainer(f, x, fold(key(0), 'explain'));
  const sum = attribution.values.data.reduce((total, v) => total + v, 0);
  const [empty] = await f.value(tensor(new Float32Array(784), [1, ...x.shape]));
  expect(sum + (attribution.residual ?? Number.NaN)).toBeCloseTo(value - empty, 3);

  const evaluation = await evaluate(model, loaded.inputs, {
    ...asked,
    explainers: [makeExplainer('gradient'), explainer],
    metrics: [makeMetric('infidelity(square(6), draws=300)')],
  });
  const [cell] = evaluation.measurements[0][0].estimates;
  expect(cell.status).toBe('done');
  const { record, files } = recordOf(evaluation, {
    model: about,
    environment: environmentOf(model),
    request: { command: ['walk'], link: 'logit', output: 'logits', bounds: asked.bounds },
    drawing,
  });
  const html = page(record, files);
  expect(html).toContain('integrated-gradients');
  expect(html).not.toMatch(/(src|href)="https?:/);
  await model.close();
});
