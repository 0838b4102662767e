/** Reads the numbers that other programs computed on small models, where they are there. */
import { existsSync, readFileSync } from 'node:fs';
import { type Tensor, tensor } from '@onnxplain/core';

const root = new URL('../../../../shared/oracle/', import.meta.url);

interface Packed {
  readonly dtype: 'float32' | 'int32' | 'uint8';
  readonly shape: readonly number[];
  readonly b64: string;
}

interface Sampled {
  readonly sampled: true;
  readonly shape: readonly number[];
  readonly indices: Packed;
  readonly values: Packed;
}

type Nested = number | readonly number[] | readonly (readonly number[])[];

interface Case {
  readonly id: string;
  readonly method: string;
  readonly input: string;
  readonly target?: number | readonly number[];
  readonly params?: { readonly of?: 'logit' | 'softmax' };
  readonly expected: { readonly value: Packed | Sampled | Nested };
  readonly f32: { readonly value: { readonly max_abs: number } };
}

export interface Oracle {
  readonly files: readonly { readonly file: string }[];
  readonly tensors: Readonly<Record<string, Packed>>;
  readonly cases: readonly Case[];
}

/** The oracle's models; none where its folder is missing. */
export const oracleModels = existsSync(root) ? ['mlp_relu_dev', 'lenet_dev', 'bncnn_dev', 'vit_dev'] : [];

export function pathOf(model: string, file: string): string {
  return new URL(`${model}/${file}`, root).pathname;
}

export function readOracle(model: string): Oracle {
  return JSON.parse(readFileSync(pathOf(model, 'cases.json'), 'utf8'));
}

export function unpack({ dtype, shape, b64 }: Packed): Tensor {
  const { buffer } = new Uint8Array(Buffer.from(b64, 'base64'));
  const typed = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array }[dtype];
  return tensor(Float64Array.from(new typed(buffer)), shape);
}

/**
 * Largest difference to the expected numbers (or to the sampled ones of them), as a part of what the oracle's notes allow:
 * 1e-5 of the largest number, and 20 times the rounding that PyTorch itself shows in float32.
 */
export function gapPerTolerance(got: ArrayLike<number>, { expected, f32 }: Case): number {
  const [indices, values] = pairsOf(expected.value);
  let gap = 0;
  let scale = 0;
  for (const [i, value] of values.entries()) {
    gap = Math.max(gap, Math.abs(got[indices?.[i] ?? i] - value));
    scale = Math.max(scale, Math.abs(value));
  }
  return gap / (1e-5 * scale + 20 * f32.value.max_abs);
}

function pairsOf(expected: Case['expected']['value']): [ArrayLike<number> | undefined, readonly number[]] {
  if (typeof expected === 'number') return [undefined, [expected]];
  if ('sampled' in expected) return [unpack(expected.indices).data, Array.from(unpack(expected.values).data)];
  if ('b64' in expected) return [undefined, Array.from(unpack(expected).data)];
  return [undefined, expected.flat()];
}
