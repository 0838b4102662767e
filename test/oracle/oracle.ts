import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Tensor, tensor } from '@onnxplain/core';

/** Numbers of other programs on small models, kept beside the repository; tests that need them are skipped without. */
export const oracleRoot = join(import.meta.dirname, '../../../shared/oracle');
export const oracleMissing = existsSync(oracleRoot) ? undefined : `no reference cases at ${oracleRoot}`;

interface Stored {
  readonly dtype: 'float32' | 'int32' | 'uint8';
  readonly shape: readonly number[];
  readonly b64: string;
}

interface Sampled {
  readonly sampled: true;
  readonly indices: Stored;
  readonly values: Stored;
}

type Nested = number | readonly Nested[];
export type Value = Nested | Stored | Sampled | null;

export interface Case {
  readonly id: string;
  readonly method: string;
  readonly input: string;
  readonly target: number | readonly number[];
  /** Empty for cases that store none. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, Value>>;
  readonly f32: Readonly<Record<string, { readonly max_abs: number; readonly rel_l2: number | null }>>;
}

export interface StoredFile {
  readonly file: string;
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
  const stored: Oracle = JSON.parse(readFileSync(join(oracleRoot, model, 'cases.json'), 'utf8'));
  return { ...stored, cases: stored.cases.map((of) => ({ ...of, params: of.params ?? {} })) };
}

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
 * Allowed are 1e-5 of the largest expected number plus 20 times the distance of the reference's own float32 run; where kinks
 * may flip, a relative l2 distance of 10 times that run's plus 1e-4 will do as well.
 */
export function distanceFrom(of: Case, key: string, got: ArrayLike<number>): number {
  const { expected, found } = pair(of.expected[key], got);
  const { max_abs: peer, rel_l2: relative } = of.f32[key];
  const gaps = expected.map((value, i) => Math.abs(value - found[i]));
  const largest = Math.max(...expected.map(Math.abs));
  const plain = Math.max(...gaps) / (1e-5 * largest + 20 * peer);
  const kinked = Math.hypot(...gaps) / Math.hypot(...expected) / (10 * (relative ?? 0) + 1e-4);
  return Math.min(plain, Number.isNaN(kinked) ? Number.POSITIVE_INFINITY : kinked);
}

/** Expected numbers and those to compare with them, in the same order. */
function pair(value: Value, got: ArrayLike<number>): { expected: number[]; found: number[] } {
  const all = Array.from(got);
  if (typeof value === 'object' && value !== null && 'sampled' in value) {
    const indices = [...numbers(value.indices)];
    return { expected: [...numbers(value.values)], found: indices.map((i) => all[i]) };
  }
  const expected = flat(value);
  if (expected.length !== all.length)
    throw new Error(`expected ${expected.length} numbers, got ${all.length}`);
  return { expected, found: all };
}

function flat(value: Exclude<Value, Sampled>): number[] {
  if (typeof value === 'number') return [value];
  if (value === null) throw new Error('expected a number, the case has none');
  return 'b64' in value ? [...numbers(value)] : value.flatMap(flat);
}
