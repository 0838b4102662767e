import { attr } from '../builder/builder.js';
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
  const place = dims.map(() => 0);
  for (let axis = dims.length - 1, rest = at; axis >= 0; axis--) {
    place[axis] = rest % dims[axis];
    rest = Math.floor(rest / dims[axis]);
  }
  return place;
}

/** Least number of columns of blocks whose rows are moved: shorter rows are moved as slowly as single numbers. */
export const LONG = 16;

interface Layout {
  /** Elements of a block along each axis. */
  readonly size: number;
  /** Default: {@link LONG}. */
  readonly long?: number;
}

/**
 * [N, C size size, rows, columns] -> [N, C, size rows, size columns]: rows of columns are moved first, then all columns of blocks are
 * interleaved by one transposition of a matrix. DepthToSpace moves single numbers in one thread, which takes longer
 * (`tsx bench/spellings.ts --only "Conv of an image"`). Transpositions of a matrix for each image are the slowest with several threads,
 * among which ONNX Runtime divides them in pieces that are too small.
 */
export function laidOut(b: MathBuilder, x: string, { size, long = LONG }: Layout): string {
  const [channels, rows, columns] = b.dims(x).slice(1).map(Number);
  if (columns < long)
    return b.emit('DepthToSpace', [x], { blocksize: attr.int(size), mode: attr.string('CRD') });
  const images = channels / size ** 2;
  const blocks = b.reshape(x, [-1, images, size, size, rows, columns]);
  const byColumn = b.reshape(b.transpose(blocks, [3, 0, 1, 4, 2, 5]), [size, -1]);
  return b.reshape(b.transpose(byColumn, [1, 0]), [-1, images, size * rows, size * columns]);
}

/** A constant of float32 or float64. */
export type FloatingConstant = Constant & { readonly data: Float32Array | Float64Array };

export const isFloating = (constant: Constant): constant is FloatingConstant =>
  constant.data instanceof Float32Array || constant.data instanceof Float64Array;

/**
 * Where an element of a rearranged kernel comes from: its indices in the kernel; indices outside of the kernel give 0. The indices
 * that it is called with change after the call.
 */
export type Origin = (indices: readonly number[]) => readonly number[];

/** Rearranges the elements of a constant kernel. */
export function rearranged(kernel: FloatingConstant, dims: readonly number[], origin: Origin): Constant {
  const { dtype, data } = kernel;
  const size = product(dims);
  const values = data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  const indices = dims.map(() => 0);
  for (let at = 0; at < size; at++) {
    const from = offsetOf(origin(indices), kernel.dims);
    if (from >= 0) values[at] = data[from];
    step(indices, dims);
  }
  return { dtype, dims, data: values };
}

/** The place of an element in row-major order; negative for indices outside of the dims. */
function offsetOf(indices: readonly number[], dims: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < dims.length; axis++) {
    const index = indices[axis];
    if (index < 0 || index >= dims[axis]) return -1;
    offset = offset * dims[axis] + index;
  }
  return offset;
}

/** Moves the indices on to those of the next element in row-major order. */
function step(indices: number[], dims: readonly number[]): void {
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (++indices[axis] < dims[axis]) return;
    indices[axis] = 0;
  }
}
