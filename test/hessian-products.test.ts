import { join } from 'node:path';
import {
  gaussian,
  gradient,
  integratedGradients,
  key,
  open,
  type Score,
  score,
  smooth,
  tensor,
} from 'onnxplain';
import { type Explainer, meter, norm, row, type Subject, stack, stream, type Tensor } from 'onnxplain/core';
import { attr, builderOf, type Graph, type Value, write } from 'onnxplain/graph';
import { sensitivityGradient } from 'onnxplain/metrics';
import { expect, onTestFinished, test } from 'vitest';

const D = 6;
const WIDTH = 9;

/** x [N, 6] -> y [N, 3], one hidden layer of an activation, in float64 so that differences are exact to ten digits. */
function perceptron(activation: 'Tanh' | 'Softplus' | 'Sigmoid' | 'Relu'): Graph {
  const random = stream(key(3));
  const normals = (...dims: number[]) => {
    const data = new Float64Array(dims.reduce((product, dim) => product * dim, 1));
    random.fillNormal(data);
    return { dtype: 'float64', dims, data } as const;
  };
  const x: Value = { name: 'x', dtype: 'float64', dims: ['N', D] };
  const b = builderOf({
    name: activation,
    opsets: { '': 18 },
    inputs: [x],
    outputs: [],
    nodes: [],
    constants: new Map(),
    metadata: {},
    functions: [],
    declared: new Map(),
  });
  const dense = (value: string, from: number, to: number) =>
    b.emit('Gemm', [value, b.constant(normals(from, to)), b.constant(normals(to))], { transB: attr.int(0) });
  const logits = dense(b.emit(activation, [dense('x', D, WIDTH)]), WIDTH, 3);
  return b.build([{ name: logits, dtype: 'float64', dims: ['N', 3] }]);
}

async function scoreOf(
  activation: Parameters<typeof perceptron>[0],
  options: Partial<Parameters<typeof score>[1]> = {},
): Promise<Score> {
  const model = await open(write(perceptron(activation)), { device: 'cpu' });
  onTestFinished(() => model.close());
  return score(model, { target: 1, holds: 'logits', ...options });
}

const x = tensor(
  Array.from({ length: D }, (_, i) => Math.sin(i + 1)),
  [D],
);
const indices = Array.from({ length: D }, (_, i) => i);

/** The Hessian at an input, by central differences of the gradient. */
async function denseHessian(f: Score, at: Tensor): Promise<readonly Float64Array[]> {
  const step = 1e-5;
  return Promise.all(
    indices.map(async (j) => {
      const moved = [step, -step].map((by) => ({
        ...at,
        data: at.data.map((v, i) => (i === j ? v + by : v)),
      }));
      const slopes = await f.gradient(stack(moved));
      return Float64Array.from(indices, (i) => (slopes.data[i] - slopes.data[D + i]) / (2 * step));
    }),
  );
}

/** The spectral norm of a symmetric matrix, by many steps of power iteration on its square. */
function spectralNorm(matrix: readonly Float64Array[]): number {
  const times = (v: Float64Array) =>
    Float64Array.from(matrix, (each) => each.reduce((s, m, i) => s + m * v[i], 0));
  let v = Float64Array.from(indices, (i) => 1 + i / 7);
  let length = 0;
  for (let step = 0; step < 500; step++) {
    const next = times(times(v));
    length = norm(tensor(next, [D]), 'l2');
    v = next.map((value) => value / length);
  }
  return Math.sqrt(length);
}

const bound = async (f: Score, explain: Explainer, options: Parameters<typeof sensitivityGradient>[0]) => {
  const subject: Subject = { f, x, explain, attribution: await explain(f, x, key(5)) };
  return (await sensitivityGradient(options).measure(subject, key(9))).estimate;
};

test.each([
  ['Tanh', 'logit'],
  ['Softplus', 'logit'],
  ['Sigmoid', 'margin'],
  ['Tanh', 'probability'],
  ['Relu', 'probability'],
] as const)(
  'a derivative along a direction of a %s network has the Hessian of the %s as its gradient',
  async (activation, link) => {
    const f = await scoreOf(activation, { link });
    const second = await scoreOf(activation, { link });
    const inputs = [x, { ...x, data: x.data.map((value) => value / 2) }];
    for (const j of indices) {
      const unit = tensor(
        indices.map((i) => (i === j ? 1 : 0)),
        [D],
      );
      const along = f.along?.(unit);
      const products = await along?.gradient(stack(inputs));
      const values = await along?.value(stack(inputs));
      for (const [n, at] of inputs.entries()) {
        const column = (await denseHessian(second, at))[j];
        const found = row(products ?? x, n).data;
        for (const i of indices) expect(found[i]).toBeCloseTo(column[i], 6);
        expect(values?.[n]).toBeCloseTo((await f.gradient(stack([at]))).data[j], 10);
      }
    }
  },
);

test('products with the Hessian reach its spectral norm at x, and many directions do not exceed it', async () => {
  const f = await scoreOf('Softplus');
  const truth = spectralNorm(await denseHessian(f, x));
  const options = { radius: 1e-6, draws: 3 } as const;
  const found = await bound(f, gradient(), { ...options, derivative: 'hessian', directions: 100 });
  expect(found.kind).toBe('bound');
  const value = 'value' in found ? found.value : Number.NaN;
  expect(value / truth).toBeCloseTo(1, 4);
  const differences = await bound(f, gradient(), { ...options, directions: 100 });
  expect('value' in differences ? differences.value / truth : 0).toBeCloseTo(1, 3);
});

test('the Jacobian of a smoothed gradient is the mean of the Hessians at its points, whose spectral norm is reached', async () => {
  const f = await scoreOf('Tanh');
  const kernel = gaussian({ sigma: 0.4 });
  const smoothed = smooth(gradient(), kernel, { draws: 6 });
  const along = f.along?.bind(f);
  if (along === undefined) throw new Error('expected second derivatives');
  const columns = await Promise.all(
    indices.map(async (j) => {
      const unit = tensor(
        indices.map((i) => (i === j ? 1 : 0)),
        [D],
      );
      return Float64Array.from((await smoothed(along(unit), x, key(5))).values.data);
    }),
  );
  const step = 1e-5;
  for (const j of indices) {
    const [up, down] = await Promise.all(
      [step, -step].map((by) =>
        smoothed(f, { ...x, data: x.data.map((v, i) => (i === j ? v + by : v)) }, key(5)),
      ),
    );
    for (const i of indices) {
      expect(columns[j][i]).toBeCloseTo((up.values.data[i] - down.values.data[i]) / (2 * step), 6);
    }
  }
  const options = { radius: 1e-6, draws: 2, directions: 60, derivative: 'hessian' } as const;
  const found = await bound(f, smoothed, options);
  expect('value' in found ? found.value / spectralNorm(columns) : 0).toBeCloseTo(1, 4);
});

test('the gradient of a ReLU network gives no number by products, its probability does', async () => {
  const options = { radius: 2, draws: 10, derivative: 'hessian' } as const;
  const logit = await bound(await scoreOf('Relu'), gradient(), options);
  expect(logit).toMatchObject({ kind: 'invalid', reason: expect.stringContaining('piecewise constant') });
  const probability = await bound(await scoreOf('Relu', { link: 'probability' }), gradient(), options);
  expect(probability).toMatchObject({ kind: 'bound' });
  expect('value' in probability && probability.value).toBeGreaterThan(0);
});

test('products of a convolutional network in float32 with max pooling are 0 for logits and not for probabilities', async () => {
  const model = await open(join(import.meta.dirname, '../models/mnist-cnn.onnx'), { device: 'cpu' });
  onTestFinished(() => model.close());
  const random = stream(key(8));
  const image = tensor(
    Float32Array.from({ length: 784 }, () => random.uniform()),
    [1, 28, 28],
  );
  const direction = tensor(
    Float32Array.from({ length: 784 }, (_, i) => Math.cos(i) / 20),
    [1, 28, 28],
  );
  const lengthOf = async (link: 'logit' | 'probability') => {
    const f = await score(model, { target: 4, link });
    const found = await f.along?.(direction).gradient(stack([image, image]));
    return found && norm(found, 'l2');
  };
  expect(await lengthOf('logit')).toBe(0);
  expect(await lengthOf('probability')).toBeGreaterThan(0);
});

test('other backward rules have no derivative along a direction, and paths are refused', async () => {
  const f = await scoreOf('Tanh');
  expect(f.along).toBeDefined();
  expect((await f.with?.({ rules: 'guided' }))?.along).toBeUndefined();
  expect(() => f.along?.(tensor([1, 2], [2]))).toThrow(expect.objectContaining({ code: 'tensor-shape' }));
  await expect(bound(f, integratedGradients(), { derivative: 'hessian', draws: 2 })).rejects.toMatchObject({
    code: 'not-applicable',
  });
});

test('rows of products are counted as backward rows', async () => {
  const metered = meter(await scoreOf('Tanh'));
  await bound(metered.score, gradient(), { derivative: 'hessian', draws: 4, directions: 3 });
  expect(metered.cost()).toEqual({ forward: 0, backward: 1 + 4 * 3 });
});
