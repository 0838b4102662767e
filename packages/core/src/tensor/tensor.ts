import { fail } from '../error.js';

export type Shape = readonly number[];

/** Dense row-major array; the one array type of the library. Treat `data` as immutable once shared. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

/** A tensor over `data`, which is not copied. Throws `tensor-shape` when shape and length disagree. */
export function tensor(data: Float32Array | Float64Array | readonly number[], shape: Shape): Tensor {
  const dense = data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data);
  if (sizeOf(shape) !== dense.length) {
    fail({
      code: 'tensor-shape',
      where: 'tensor',
      expected: `${sizeOf(shape)} elements for shape [${shape.join(', ')}]`,
      got: `${dense.length}`,
    });
  }
  return { shape, data: dense };
}
