import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { key, stream, tensor } from '@onnxplain/core';
import { read } from '@onnxplain/graph';
import { describe, expect, test } from 'vitest';
import { gradientGraph } from '../model/gradient.js';
import { open } from '../model/open.js';
import { score } from '../score/score.js';
import { probeDevice } from './probe.js';
import { nodesForCpu } from './webgpu.js';

const families = join(import.meta.dirname, '../../../../test/fixtures/families');

describe('what WebGPU takes and cannot run', () => {
  test.each([
    ['resnet', 'MaxPool with indices'],
    ['conv3d', 'ConvTranspose in three dimensions'],
  ])(
    'is found in the gradient of %s, by names that it can be left to the processor by',
    async (name, what) => {
      const model = await open(join(families, `${name}.ts13.onnx`), { device: 'cpu' });
      const graph = gradientGraph(model);
      const found = nodesForCpu(graph);
      expect(new Set(found.map((one) => one.what))).toEqual(new Set([what]));
      for (const one of found) expect(graph.nodes.filter((node) => node.name === one.name)).toHaveLength(1);
      await model.close();
    },
  );

  test('is nothing in a plain forward pass', () => {
    expect(nodesForCpu(read(readFileSync(join(families, 'resnet.ts13.onnx'))))).toEqual([]);
  });
});

const { available, reason } = await probeDevice('webgpu');

describe.skipIf(!available)(`on WebGPU${available ? '' : ` (skipped: ${reason})`}`, () => {
  test.each(['mobilenet3', 'resnet', 'conv3d'])(
    "value and then gradient of %s are the processor's",
    async (name) => {
      const [cpu, gpu] = await Promise.all(
        (['cpu', 'webgpu'] as const).map((device) => answers(name, device)),
      );
      for (const [i, expected] of cpu.entries()) {
        const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        const gap = expected.reduce((most, v, at) => Math.max(most, Math.abs(v - gpu[i][at])), 0);
        expect(gap / scale).toBeLessThan(1e-5);
      }
    },
  );
});

async function answers(name: string, device: 'cpu' | 'webgpu'): Promise<readonly Float64Array[]> {
  await using model = await open(join(families, `${name}.ts13.onnx`), { device });
  const shape = [2, ...(model.inputs[0].dims ?? []).slice(1).map(Number)];
  const numbers = new Float64Array(shape.reduce((n, size) => n * size, 1));
  stream(key(0)).fillNormal(numbers);
  const x = tensor(numbers, shape);
  const f = await score(model, { target: 0 });
  return [Float64Array.from(await f.value(x)), Float64Array.from((await f.gradient(x)).data)];
}
