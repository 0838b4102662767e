import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, Value } from '@onnxplain/graph';
import { afterAll, expect, test } from 'vitest';
import { folderWith, linearModel, npy, onnxplain } from '../../test/models.js';

const float = (name: string, dims: Value['dims']): Value => ({ name, dtype: 'float32', dims });
const ints = (numbers: readonly number[]) =>
  ({ dtype: 'int64', dims: [numbers.length], data: BigInt64Array.from(numbers, BigInt) }) as const;
const sum = (inputs: readonly string[], output: string): Node => ({
  op: 'ReduceSum',
  domain: '',
  name: output,
  inputs,
  outputs: [output],
  attributes: { keepdims: { kind: 'int', value: 0 } },
});

/** y [n, 3] = the sums of the channels of a picture x [n, 3, 2, w], plus the sum over all layers of a state s [2, n, 3]. */
const statefulPicture = linearModel({
  inputs: [float('x', ['n', 3, 2, 'w']), float('s', [2, 'n', 3])],
  outputs: [float('y', ['n', 3])],
  constants: new Map([
    ['places', ints([2, 3])],
    ['layers', ints([0])],
  ]),
  nodes: [
    sum(['x', 'places'], 'pooled'),
    sum(['s', 'layers'], 'state'),
    { op: 'Add', domain: '', name: 'y', inputs: ['pooled', 'state'], outputs: ['y'], attributes: {} },
  ],
});

const folder = folderWith({
  'm.onnx': statefulPicture,
  'x.npy': npy([1, 3, 2, 5], Array(30).fill(1)),
  's.npy': npy([2, 1, 3], [1, 2, 3, 10, 20, 30]),
  'long.npy': npy([2, 5, 3]),
});
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const explained = async (state: string) => {
  const argv = ['--input', at('x.npy'), '--explainer', 'gradient', '--target', '1', '--feed', `s=${state}`];
  const { out, err } = await onnxplain('explain', at('m.onnx'), ...argv, '--json', '--quiet');
  return { found: out === '' ? undefined : JSON.parse(out).explanations[0], err };
};

test('an array that looks like a picture has its own size, without --size', async () => {
  const { found } = await explained('0');
  expect(found).toMatchObject({ shape: [3, 2, 5], score: 10 });
});

test('a state whose second axis is the batch takes one number, or a file of one row', async () => {
  expect((await explained('0.5')).found.score).toBe(11);
  expect((await explained(at('s.npy'))).found.score).toBe(10 + 2 + 20);
  expect((await explained(at('long.npy'))).err).toContain('expected [2, 1, 3], got [2, 5, 3]');
});
