import type { MathBuilder } from '../builder/math-builder.js';
import type { Constant } from '../ir/types.js';

/** Convolutions that compute blocks of size x size elements of an image as channels. */

/** Channels that ONNX Runtime's convolutions compute at once, on processors with AVX-512. */
export const LANES = 16;

const filled = (channels: number): number => Math.ceil(channels / LANES) * LANES;

/**
 * Products for each element of the result of a convolution that computes `channels` in blocks of size x size elements with so many taps.
 * Lanes without a channel count.
 */
export const productsOf = (channels: number, taps: number, size = 1): number =>
  (filled(channels * size ** 2) * taps) / size ** 2;

export const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** The indices of an element in row-major order. */
export function placeOf(at: number, dims: readonly number[]): readonly number[] {
  return dims.map((size, axis) => Math.floor(at / product(dims.slice(axis + 1))) % size);
}

interface Blocks {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  /** Elements of a block along each axis. */
  readonly size: number;
}

/**
 * [N, C size size, rows, columns] -> [N, C, size rows, size columns], column by column, then row by row: ONNX Runtime moves one axis at
 * a time several times faster than DepthToSpace moves two.
 */
export function laidOut(b: MathBuilder, x: string, { channels, rows, columns, size }: Blocks): string {
  const pairs = b.transpose(b.reshape(x, [-1, size, rows * columns]), [0, 2, 1]);
  const lines = b.transpose(b.reshape(pairs, [-1, size, rows, size * columns]), [0, 2, 1, 3]);
  return b.reshape(lines, [-1, channels, size * rows, size * columns]);
}

/** A constant of float32 or float64. */
export type FloatingConstant = Constant & { readonly data: Float32Array | Float64Array };

export const isFloating = (constant: Constant): constant is FloatingConstant =>
  constant.data instanceof Float32Array || constant.data instanceof Float64Array;

/** Where an element of a rearranged kernel comes from: its indices in the kernel; indices outside of the kernel give 0. */
export type Origin = (indices: readonly number[]) => readonly number[];

/** Rearranges the elements of a constant kernel. */
export function rearranged(kernel: FloatingConstant, dims: readonly number[], origin: Origin): Constant {
  const { dtype, data } = kernel;
  const values = Float64Array.from({ length: product(dims) }, (_, at) => {
    const indices = origin(placeOf(at, dims));
    if (!indices.every((index, axis) => index >= 0 && index < kernel.dims[axis])) return 0;
    return data[indices.reduce((place, index, axis) => place * kernel.dims[axis] + index, 0)];
  });
  return { dtype, dims, data: data instanceof Float32Array ? new Float32Array(values) : values };
}
