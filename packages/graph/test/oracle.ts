/** Cases that PyTorch computed, kept beside the repository. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { type NumArray, numArray } from '../src/eval/array.js';
import type { Graph } from '../src/types.js';
import { runGraph } from './session.js';

export const folder = join(import.meta.dirname, '../../../../shared/oracle');

interface Packed {
  readonly dtype: 'float32' | 'int32' | 'uint8';
  readonly shape: readonly number[];
  readonly b64: string;
}

interface Sampled {
  readonly sampled: true;
  readonly shape: readonly number[];
  readonly sum: number;
  readonly l2: number;
  readonly indices: Packed;
  readonly values: Packed;
}

type Nested = number | readonly Nested[];
export type Expected = Packed | Sampled | Nested;

export interface Case {
  readonly id: string;
  readonly method: string;
  readonly input: string;
  readonly target?: number | readonly number[];
  readonly params?: { readonly of?: string; readonly labels?: readonly number[] };
  readonly expected: Readonly<Record<string, Expected>>;
  /** How far PyTorch itself is from `expected` in float32. */
  readonly f32: Readonly<Record<string, { readonly max_abs: number }>>;
}

export interface Peer {
  readonly cases: readonly Case[];
  readonly files: readonly {
    readonly file: string;
    readonly input: { readonly name: string };
    readonly output: string;
  }[];
  readonly tensors: Readonly<Record<string, Packed>>;
}

export const nothing: Peer = { cases: [], files: [], tensors: {} };

export function load(model: string): Peer {
  return JSON.parse(readFileSync(join(folder, model, 'cases.json'), 'utf8'));
}

export function decode({ dtype, shape, b64 }: Packed): NumArray {
  const bytes = Uint8Array.from(Buffer.from(b64, 'base64'));
  const elements = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array }[dtype];
  return numArray(dtype, shape, Float64Array.from(new elements(bytes.buffer)));
}

/** A graph's outputs by ONNX Runtime. */
export async function run(graph: Graph, feeds: Readonly<Record<string, NumArray>>) {
  const tensors = Object.entries(feeds).map(([name, { dtype, dims, data }]) => {
    const elements = dtype === 'int64' ? BigInt64Array.from(data, BigInt) : Float32Array.from(data);
    return [name, new ort.Tensor(elements, dims)] as const;
  });
  const results = Object.entries(await runGraph(graph, Object.fromEntries(tensors)));
  return Object.fromEntries(
    results.map(([name, { dims, data }]) => [name, numArray('float32', dims, Array.from(data, Number))]),
  );
}

/** Pairs of what is there and what should be; large tensors are known at some places and in sum. */
function pairs(got: NumArray, expected: Expected): [number, number][] {
  if (typeof expected === 'number') return [[got.data[0], expected]];
  if ('b64' in expected) return Array.from(decode(expected).data, (value, i) => [got.data[i], value]);
  if ('sampled' in expected) {
    expect(got.dims).toEqual(expected.shape);
    const values = decode(expected.values).data;
    return Array.from(decode(expected.indices).data, (at, i) => [got.data[at], values[i]]);
  }
  return (expected as readonly number[]).flat(9).map((value, i) => [got.data[i], value]);
}

/** |got - expected| <= 1e-5 max |expected| + 20 times PyTorch's own error in float32, element by element. */
export function expectClose(got: NumArray, { expected, f32 }: Case, key: string): void {
  const list = pairs(got, expected[key]);
  const size = Math.max(...list.map(([, value]) => Math.abs(value)));
  const error = Math.max(...list.map(([value, other]) => Math.abs(value - other)));
  expect(list.length).toBeGreaterThan(0);
  expect(error, key).toBeLessThanOrEqual(1e-5 * size + 20 * f32[key].max_abs);
}
