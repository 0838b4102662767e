import { join } from 'node:path';
import { key, prepare, score } from 'onnxplain';
import { norm } from 'onnxplain/core';
import { makeExplainer } from 'onnxplain/pipeline';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, 'fixtures/solves');

// The least-norm solution was computed by another program from the float64 moves: norm 0.1306, rank 10.
test('ten pairs of features that change together get the solution of least norm, not one of rounding errors', async () => {
  const { model, inputs } = await prepare(join(folder, 'dup.onnx'), { inputs: [join(folder, 'dup_x.npy')] });
  const [{ tensor: x }] = inputs;
  const f = await score(model, { target: 1 });
  const { values, diagnosis } = await makeExplainer(`optimal(fixed(${join(folder, 'dup_d.npy')}))`)(
    f,
    x,
    key(0),
  );
  expect(norm(values, 'l2')).toBeCloseTo(0.1306, 4);
  expect(diagnosis).toMatchObject({ rank: 10, unknowns: 20 });
  for (let i = 0; i < 10; i++) expect(values.data[i]).toBeCloseTo(values.data[i + 10], 6);
  await model.close();
});
