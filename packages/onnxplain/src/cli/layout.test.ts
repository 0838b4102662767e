import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Attribute, Node } from '@onnxplain/graph';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';

const ints = (...value: readonly number[]): Attribute => ({ kind: 'ints', value });
const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = {},
): Node => ({
  ...{ op, domain: '', name: output, inputs, outputs: [output] },
  attributes,
});
const waves = (dims: readonly number[]) => ({
  ...{ dtype: 'float32' as const, dims },
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i + 1)),
});
const int64 = (...values: readonly number[]) =>
  ({ dtype: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) }) as const;

/** A model of x through these nodes to "h" [N, 2, ...], whose mean over all positions is y. */
function modelOf(dims: readonly number[], nodes: readonly Node[], constants = {}): Uint8Array {
  return linearModel({
    inputs: [{ name: 'x', dtype: 'float32', dims: ['N', ...dims] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 2] }],
    constants: new Map(Object.entries({ ...constants })),
    nodes: [...nodes, node('GlobalAveragePool', ['h'], 'g'), node('Flatten', ['g'], 'y')],
  });
}

const square = waves([2, 3, 3, 3]);
const folder = folderWith({
  'inner.onnx': modelOf(
    [6, 6, 3],
    [
      node('Transpose', ['x'], 't', { perm: ints(0, 3, 1, 2) }),
      node('Conv', ['t', 'w'], 'c'),
      node('Relu', ['c'], 'first'),
      node('Transpose', ['first'], 'last', { perm: ints(0, 2, 3, 1) }),
      node('Transpose', ['last'], 'h', { perm: ints(0, 3, 1, 2) }),
    ],
    { w: square },
  ),
  'grey.onnx': modelOf([6, 6], [node('Unsqueeze', ['x', 'one'], 'u'), node('Conv', ['u', 'w'], 'h')], {
    one: int64(1),
    w: waves([2, 1, 3, 3]),
  }),
  'sound.onnx': modelOf([2, 12], [node('Conv', ['x', 'w'], 'h')], { w: waves([2, 2, 3]) }),
  'open.onnx': linearModel({
    inputs: [{ name: 'x', dtype: 'float32', dims: ['N', 8, 5, 5] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 2] }],
    constants: new Map([['w', waves([200, 2])]]),
    nodes: [node('Flatten', ['x'], 'f'), node('MatMul', ['f', 'w'], 'y')],
  }),
  'inner.npy': npy([1, 6, 6, 3]),
  'grey.npy': npy([1, 6, 6]),
  'sound.npy': npy([1, 2, 12]),
  'open.npy': npy([1, 8, 5, 5]),
});
afterAll(() => rmSync(folder, { recursive: true }));

async function explained(model: string, explainer: string, ...more: readonly string[]) {
  const question = [
    '--input',
    join(folder, `${model}.npy`),
    '--explainer',
    explainer,
    '--target',
    '0',
    '--json',
  ];
  const { exit, out, err } = await onnxplain('explain', join(folder, `${model}.onnx`), ...question, ...more);
  expect([exit, err]).toEqual([0, err]);
  const result = JSON.parse(out);
  return { err, expression: result.explainer, ...result.explanations[0] };
}

test('grad-cam at a layer whose channels come last is that at the same layer with channels first', async () => {
  const [first, last] = [
    await explained('inner', 'grad-cam(first)'),
    await explained('inner', 'grad-cam(last)'),
  ];
  expect(last.expression).toBe('grad-cam(last, layout=hwc)');
  expect(last.values).toEqual(first.values);
});

test('pictures of [height, width] alone are known by the channel that the model puts in', async () => {
  const { err, groups, expression } = await explained('grey', 'occlusion(2)');
  expect([groups, expression, err]).toEqual([9, 'occlusion(2)', expect.not.stringContaining('not known')]);
  expect((await explained('grey', 'grad-cam(h)')).values).toHaveLength(36);
});

test('a window over [channels, time] hides time steps of all channels', async () => {
  const { values, groups, expression } = await explained('sound', 'occlusion(4)');
  expect([groups, expression]).toEqual([3, 'occlusion(4, layout=cw)']);
  expect(values.slice(0, 12)).toEqual(values.slice(12));
});

test('an unknown layout is noticed where an explainer depends on it, unless --layout gives it', async () => {
  expect((await explained('open', 'occlusion(2)')).err).toContain(
    'it is not known which axis of "x" [8, 5, 5]',
  );
  expect((await explained('open', 'gradient')).err).not.toContain('not known');
  expect((await explained('open', 'occlusion(2)', '--layout', 'nchw')).err).not.toContain('not known');
  const last = await explained('open', 'occlusion(5)', '--layout', 'nhwc');
  expect([last.expression, last.groups]).toEqual(['occlusion(5, layout=hwc)', 2]);
});

test.each([
  ['inner', 'h'],
  ['grey', 'h'],
  ['sound', 'h'],
])(
  'grad-cam without a layer takes the last one with positions of %s.onnx, and says so',
  async (name, layer) => {
    const explained = async (explainer: string) => {
      const argv = [
        '--input',
        join(folder, `${name}.npy`),
        '--target',
        '0',
        '--explainer',
        explainer,
        '--json',
        '--quiet',
      ];
      const { out } = await onnxplain('explain', join(folder, `${name}.onnx`), ...argv);
      return JSON.parse(out).explanations[0];
    };
    const [chosen, named] = [await explained('grad-cam'), await explained(`grad-cam(${layer})`)];
    expect(chosen.details).toEqual({ layer });
    expect(chosen.values).toEqual(named.values);
  },
);
