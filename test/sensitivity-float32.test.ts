import { gradient, key, open, score, tensor } from 'onnxplain';
import { norm, type Subject, stream } from 'onnxplain/core';
import { attr, builderOf, type Graph, write } from 'onnxplain/graph';
import { sensitivityGradient } from 'onnxplain/metrics';
import { expect, onTestFinished, test } from 'vitest';

const D = 200;

function normals(seed: number, scale: number): Float32Array {
  const data = new Float32Array(D);
  stream(key(seed)).fillNormal(data);
  return data.map((value) => scale * value);
}

const v = normals(1, 1);
const square = norm(tensor(v, [D]), 'l2') ** 2;

/** x [N, 200] -> ½·norm/‖v‖²·(v·x)² + w·x in float32: the Hessian norm/‖v‖²·v·vᵀ has the spectral norm `norm`, up to rounding. */
function quadratic(hessianNorm: number, slope: number): Graph {
  const b = builderOf({
    name: 'quadratic',
    opsets: { '': 18 },
    inputs: [{ name: 'x', dtype: 'float32', dims: ['N', D] }],
    outputs: [],
    nodes: [],
    constants: new Map(),
    metadata: {},
    functions: [],
    declared: new Map(),
  });
  const floats = (dims: readonly number[], data: Float32Array) =>
    b.constant({ dtype: 'float32', dims, data } as const);
  const along = b.emit('MatMul', ['x', floats([D, 1], v)]);
  const half = floats([1], Float32Array.of(hessianNorm / square / 2));
  const bowl = b.emit('Mul', [b.emit('Mul', [along, along]), half]);
  const linear = b.emit('Gemm', ['x', floats([D, 1], normals(2, slope))], { transB: attr.int(0) });
  return b.build([{ name: b.emit('Add', [bowl, linear]), dtype: 'float32', dims: ['N', 1] }]);
}

async function bounds(graph: Graph): Promise<{ bounds: number[]; careless: number }> {
  const model = await open(write(graph), { device: 'cpu' });
  onTestFinished(() => model.close());
  const f = await score(model, { target: 0 });
  const x = tensor(normals(3, 1), [D]);
  const explain = gradient();
  const subject: Subject = { f, x, explain, attribution: await explain(f, x, key(0)) };
  const found: number[] = [];
  for (let seed = 0; seed < 10; seed++) {
    const { estimate } = await sensitivityGradient({ draws: 10 }).measure(subject, key(seed));
    found.push('value' in estimate ? estimate.value : Number.NaN);
  }
  return { bounds: found, careless: await carelessQuotient(subject) };
}

/** ‖Φ(x + h·v) - Φ(x - h·v)‖ / 2h along the steepest direction, the largest of 20 steps of about the metric's own. */
async function carelessQuotient({ f, x }: Subject): Promise<number> {
  let most = 0;
  for (let k = 0; k < 20; k++) {
    const step = 1e-3 * (1 + k / 100);
    const rows = new Float32Array(2 * D);
    for (let i = 0; i < D; i++) {
      const offset = (step * v[i]) / Math.sqrt(square);
      rows.set([x.data[i] + offset], i);
      rows.set([x.data[i] - offset], D + i);
    }
    const { data } = await f.gradient(tensor(rows, [2, D]));
    const change = Float64Array.from({ length: D }, (_, i) => data[i] - data[D + i]);
    most = Math.max(most, norm(tensor(change, [D]), 'l2') / (2 * step));
  }
  return most;
}

test('sensitivity-gradient of a float32 model stays below the known norm of its Hessian, where quotients do not', async () => {
  const found = await bounds(quadratic(0.05, 100));
  expect(found.careless).toBeGreaterThan(0.05);
  for (const bound of found.bounds) expect(bound).toBeLessThanOrEqual(0.05);
});

test('it is nearly the norm where slopes are small enough to be differentiated in float32', async () => {
  for (const bound of (await bounds(quadratic(5, 1))).bounds) {
    expect(bound).toBeLessThanOrEqual(5);
    expect(bound).toBeGreaterThan(0.98 * 5);
  }
});
