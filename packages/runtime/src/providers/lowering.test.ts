import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Graph, grad, read, write } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { open } from '../model/open.js';
import { isGradient, lowerGradient } from './lowering.js';

const file = join(import.meta.dirname, '../../../../models/mnist-cnn.onnx');
const model = read(readFileSync(file));
const gradient = grad(model);
const operators = ({ nodes }: Graph) => new Set(nodes.map(({ op }) => op));

test('a gradient is written for the kernels of its provider', () => {
  expect(isGradient(gradient)).toBe(true);
  expect(operators(gradient)).toContain('Greater');
  const onCpu = operators(lowerGradient(gradient, 'cpu'));
  expect(onCpu).toContain('HardSigmoid');
  expect(onCpu).not.toContain('Greater');
  for (const device of ['cuda', 'webgpu'] as const) {
    const lowered = operators(lowerGradient(gradient, device));
    expect(lowered).toContain('Greater');
    expect(lowered).not.toContain('HardSigmoid');
    expect(lowered).not.toContain('ConvTranspose');
  }
});

test('any other graph stays as it is', () => {
  expect(isGradient(model)).toBe(false);
  expect(lowerGradient(model, 'cpu')).toBe(model);
});

test('a plain gradient file gives the numbers of the same file written for the CPU', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onnxplain-'));
  try {
    const [plain, lowered] = [gradient, lowerGradient(gradient, 'cpu')];
    const image = {
      dtype: 'float32',
      dims: [2, 1, 28, 28],
      data: new Float32Array(2 * 784).fill(0.5),
    } as const;
    const target = { dtype: 'int64', dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
    const results: unknown[] = [];
    for (const [i, graph] of [plain, lowered].entries()) {
      const path = join(folder, `${i}.onnx`);
      writeFileSync(path, write(graph));
      await using opened = await open(path, { device: 'cpu' });
      results.push((await opened.run({ image, target })).gradient.data);
    }
    expect(results[0]).toEqual(results[1]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
