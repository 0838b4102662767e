/** Reads the numbers that other programs computed on small models: for the tests of this folder and of every package. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOf, type Tensor, tensor } from '@onnxplain/core';

/** Reference numbers that are in the repository. */
const committed = join(import.meta.dirname, '../fixtures/oracle');
/** More of them, for larger models, kept beside the repository; tests do without where they are missing. */
const beside = join(import.meta.dirname, '../../../shared/oracle');

/** Models with reference cases, and the folder of each. */
const folders: ReadonlyMap<string, string> = new Map([
  ['wine-mlp', committed],
  ...(existsSync(beside) ? ['mlp_relu_dev', 'lenet_dev', 'bncnn_dev', 'vit_dev'] : []).map(
    (name) => [name, beside] as const,
  ),
]);

/** Names of the models that have reference cases here; at least the one whose cases are in the repository. */
export const oracleModels: readonly string[] = [...folders.keys()];

interface Stored {
  readonly dtype: 'float32' | 'int32' | 'uint8';
  readonly shape: readonly number[];
  readonly b64: string;
}

interface Sampled {
  readonly sampled: true;
  readonly shape: readonly number[];
  readonly indices: Stored;
  readonly values: Stored;
}

type Nested = number | readonly Nested[];
export type Value = Nested | Stored | Sampled | null;

export interface Case {
  readonly id: string;
  readonly method: string;
  readonly input: string;
  /** 0 for cases that store none. */
  readonly target: number | readonly number[];
  /** Empty for cases that store none. */
  readonly params: Params;
  readonly expected: Readonly<Record<string, Value>>;
  /** How far the reference itself is from `expected` in float32. */
  readonly f32: Readonly<Record<string, { readonly max_abs: number; readonly rel_l2: number | null }>>;
}

interface Params extends Readonly<Record<string, unknown>> {
  /** What was explained; absent: the logit. */
  readonly of?: 'logit' | 'softmax';
  readonly labels?: readonly number[];
}

export interface StoredFile {
  readonly file: string;
  readonly input: { readonly name: string };
  readonly output: string;
  /** Names of inner tensors. */
  readonly layers?: Readonly<Record<string, string>>;
}

export interface Oracle {
  readonly model: string;
  readonly files: readonly StoredFile[];
  readonly tensors: Readonly<Record<string, Stored>>;
  readonly cases: readonly Case[];
}

export function readOracle(model: string): Oracle {
  const stored: Oracle = JSON.parse(readFileSync(pathOf(model, 'cases.json'), 'utf8'));
  return {
    ...stored,
    cases: stored.cases.map((of) => ({ ...of, target: of.target ?? 0, params: of.params ?? {} })),
  };
}

export const pathOf = (model: string, file: string): string => join(folders.get(model) ?? '', model, file);

/** A stored tensor by name, as float64. */
export function tensorOf(oracle: Oracle, name: unknown): Tensor {
  const stored = oracle.tensors[String(name)];
  return tensor(numbers(stored), stored.shape);
}

function numbers({ dtype, b64 }: Stored): Float64Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(b64, 'base64');
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  if (dtype === 'uint8') return Float64Array.from(new Uint8Array(bytes));
  return Float64Array.from(dtype === 'int32' ? new Int32Array(bytes) : new Float32Array(bytes));
}

/**
 * How far numbers are from a case's expected ones, in units of what the reference allows: at most 1 agrees.
 * Allowed are 1e-5 of the largest expected number plus 20 times the distance of the reference's own float32 run.
 */
export function distanceFrom(of: Case, key: string, got: ArrayLike<number>): number {
  const { expected, gaps } = gapsOf(of, key, got);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...gaps) / (1e-5 * largest + 20 * of.f32[key].max_abs);
}

/**
 * The same where kinks may flip: a relative l2 distance of 10 times that of the reference's float32 run plus 1e-4 will do as
 * well.
 */
export function distanceAcrossKinks(of: Case, key: string, got: ArrayLike<number>): number {
  const { expected, gaps } = gapsOf(of, key, got);
  const relative = Math.hypot(...gaps) / Math.hypot(...expected);
  const kinked = relative / (10 * (of.f32[key].rel_l2 ?? 0) + 1e-4);
  return Math.min(distanceFrom(of, key, got), Number.isNaN(kinked) ? Number.POSITIVE_INFINITY : kinked);
}

function gapsOf(of: Case, key: string, got: ArrayLike<number>): { expected: number[]; gaps: number[] } {
  const { expected, found } = pair(of.expected[key], got);
  return { expected, gaps: expected.map((value, i) => Math.abs(value - found[i])) };
}

/** Expected numbers and those to compare with them, in the same order. */
function pair(value: Value, got: ArrayLike<number>): { expected: number[]; found: number[] } {
  const all = Array.from(got);
  if (typeof value === 'object' && value !== null && 'sampled' in value) {
    expectCount(sizeOf(value.shape), all.length);
    const indices = [...numbers(value.indices)];
    return { expected: [...numbers(value.values)], found: indices.map((i) => all[i]) };
  }
  const expected = flat(value);
  expectCount(expected.length, all.length);
  return { expected, found: all };
}

function expectCount(expected: number, got: number): void {
  if (expected !== got) throw new Error(`expected ${expected} numbers, got ${got}`);
}

function flat(value: Exclude<Value, Sampled>): number[] {
  if (typeof value === 'number') return [value];
  if (value === null) throw new Error('expected a number, the case has none');
  return 'b64' in value ? [...numbers(value)] : value.flatMap(flat);
}
