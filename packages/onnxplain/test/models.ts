import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { emptyGraph, type Graph, type Node, type Value, write } from '@onnxplain/graph';
import { main } from '../src/cli/program.js';

export { npy } from '../../files/test/npy.js';

const node = (op: string, inputs: readonly string[], output: string): Node => ({
  op,
  domain: '',
  name: output,
  inputs,
  outputs: [output],
  attributes: {},
});

/** Weights of the linear model, [4, 3]: column k are the slopes of class k. */
export const WEIGHTS = [1, -1, 0, 2, 0, 1, 3, 1, -2, 4, -1, 0.5] as const;

/** y = x W + b on rows of four numbers, three classes: everything about it is known exactly. */
export function linearModel(more: Partial<Graph> = {}): Uint8Array {
  const floats = (dims: readonly number[], data: readonly number[]) =>
    ({ dtype: 'float32', dims, data: Float32Array.from(data) }) as const;
  return write({
    name: 'linear',
    opsets: { '': 17 },
    inputs: [{ name: 'x', dtype: 'float32', dims: ['N', 4] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 3] }],
    constants: new Map([
      ['W', floats([4, 3], WEIGHTS)],
      ['b', floats([3], [0.5, 0, -0.5])],
    ]),
    nodes: [node('MatMul', ['x', 'W'], 'xW'), node('Add', ['xW', 'b'], 'y')],
    metadata: {},
    functions: [],
    declared: new Map(),
    ...more,
  });
}

const value = (name: string, dims: Value['dims']): Value => ({ name, dtype: 'float32', dims });

/** The same with probabilities as its output; `xW` and `y` are inner values. */
export const softmaxModel = (): Uint8Array =>
  linearModel({
    outputs: [value('p', ['N', 3])],
    nodes: [node('MatMul', ['x', 'W'], 'xW'), node('Add', ['xW', 'b'], 'y'), node('Softmax', ['y'], 'p')],
  });

/** Twice the linear model. */
export const twiceLinearModel = (): Uint8Array =>
  linearModel({
    outputs: [value('y2', ['N', 3])],
    nodes: [node('MatMul', ['x', 'W'], 'xW'), node('Add', ['xW', 'b'], 'y'), node('Add', ['y', 'y'], 'y2')],
  });

/** The same with two outputs of floats. */
export const twoOutputs = (): Uint8Array =>
  linearModel({ outputs: [value('y', ['N', 3]), value('xW', ['N', 3])] });

/** y = (x W) mask scale: the slopes of class k are those of the linear model, times `mask[k]` and `scale`. */
export const gatedModel = (): Uint8Array =>
  linearModel({
    inputs: [
      value('x', ['N', 4]),
      { name: 'mask', dtype: 'int64', dims: ['N', 3] },
      { name: 'on', dtype: 'bool', dims: [] },
      value('scale', ['K']),
    ],
    nodes: [
      node('MatMul', ['x', 'W'], 'xW'),
      { ...node('Cast', ['mask'], 'm'), attributes: { to: { kind: 'int', value: 1 } } },
      { ...node('Cast', ['on'], 'o'), attributes: { to: { kind: 'int', value: 1 } } },
      node('Mul', ['xW', 'm'], 'masked'),
      node('Mul', ['masked', 'o'], 'switched'),
      node('Mul', ['switched', 'scale'], 'y'),
    ],
  });

/** A model of rows of four numbers whose run never returns: a Loop of 2^62 steps. */
export function endlessModel(): Uint8Array {
  const flag = (name: string): Value => ({ name, dtype: 'bool', dims: [] });
  const body: Graph = {
    ...emptyGraph({ '': 17 }),
    name: 'body',
    inputs: [{ name: 'i', dtype: 'int64', dims: [] }, flag('go'), value('state', ['N', 4])],
    outputs: [flag('goOn'), value('next', ['N', 4])],
    nodes: [node('Identity', ['go'], 'goOn'), node('Identity', ['state'], 'next')],
  };
  return linearModel({
    outputs: [value('y', ['N', 4])],
    constants: new Map([
      ['trips', { dtype: 'int64', dims: [], data: BigInt64Array.of(2n ** 62n) }],
      ['true', { dtype: 'bool', dims: [], data: Uint8Array.of(1) }],
    ]),
    nodes: [
      { ...node('Loop', ['trips', 'true', 'x'], 'y'), attributes: { body: { kind: 'graph', value: body } } },
    ],
  });
}

/** A one-channel picture model: the mean of [N, 1, 6, 6] in class 0, nothing in class 1. */
export const pictureModel = (): Uint8Array =>
  linearModel({
    inputs: [value('image', ['N', 1, 6, 6])],
    outputs: [value('y', ['N', 2])],
    constants: new Map([
      ['axes', { dtype: 'int64', dims: [2], data: BigInt64Array.of(0n, -1n) }],
      [
        'W',
        {
          dtype: 'float32',
          dims: [36, 2],
          data: Float32Array.from({ length: 72 }, (_, i) => (i % 2 === 0 ? 1 / 36 : 0)),
        },
      ],
    ]),
    nodes: [node('Reshape', ['image', 'axes'], 'flat'), node('MatMul', ['flat', 'W'], 'y')],
  });

/** Rows of the token model's table: token 0 pads. */
export const EMBEDDINGS = [0.5, -0.5, 1, 2, -1, 0, 3, 1, 0.25, -2] as const;
/** Its weights, [2, 3]. */
export const TOKEN_WEIGHTS = [1, -1, 2, 0.5, 3, 4] as const;

/** Token ids to three classes: y = (sum over tokens of mask times the id's row of a table [5, 2]) W. */
export const tokenModel = (): Uint8Array =>
  linearModel({
    inputs: [
      { name: 'input_ids', dtype: 'int64', dims: ['N', 'L'] },
      { name: 'attention_mask', dtype: 'int64', dims: ['N', 'L'] },
    ],
    constants: new Map([
      ['table', { dtype: 'float32', dims: [5, 2], data: Float32Array.from(EMBEDDINGS) }],
      ['W', { dtype: 'float32', dims: [2, 3], data: Float32Array.from(TOKEN_WEIGHTS) }],
      ['last', { dtype: 'int64', dims: [1], data: BigInt64Array.of(-1n) }],
      ['tokens', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) }],
    ]),
    nodes: [
      node('Gather', ['table', 'input_ids'], 'embedded'),
      { ...node('Cast', ['attention_mask'], 'm'), attributes: { to: { kind: 'int', value: 1 } } },
      node('Unsqueeze', ['m', 'last'], 'column'),
      node('Mul', ['embedded', 'column'], 'kept'),
      {
        ...node('ReduceSum', ['kept', 'tokens'], 'sum'),
        attributes: { keepdims: { kind: 'int', value: 0 } },
      },
      node('MatMul', ['sum', 'W'], 'y'),
    ],
  });

/** A new folder with files in it. */
export function folderWith(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'onnxplain-test-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

/** Runs the command line in this process. */
export const onnxplain = (...argv: readonly string[]) => onnxplainUnder(undefined, ...argv);

/** The same, with a signal that stops it. */
export async function onnxplainUnder(
  signal: AbortSignal | undefined,
  ...argv: readonly string[]
): Promise<{ exit: number; out: string; err: string }> {
  const captured = { out: '', err: '' };
  const err = new Writable({
    write(chunk, _, done) {
      captured.err += chunk;
      done();
    },
  });
  const out = {
    write(text: string) {
      captured.out += text;
    },
  };
  const exit = await main(argv, { out, err, signal });
  return { exit, ...captured };
}
