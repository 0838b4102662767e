import { tensor } from '@onnxplain/core';
import { type NpyForm, writeNpy } from '../src/npy.js';

/** A .npy file of a shape with these numbers, or with 0, 0.25, 0.5, ... */
export function npy(shape: readonly number[], data?: readonly number[], form?: Partial<NpyForm>): Uint8Array {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return writeNpy(tensor(data ?? Array.from({ length: count }, (_, i) => i / 4), shape), {
    dtype: 'float32',
    ...form,
  });
}
