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

/**
 * Puts an image together: [N, size size C, rows, columns] -> [N, C, size rows, size columns]. The channels of the first row of a block come
 * first, and within it those of the first column.
 */
export type LayOut = (b: MathBuilder, x: string, size: number) => string;

/** Columns of blocks from which rows are moved: shorter rows are moved as slowly as single numbers. */
const LONG = 16;

/**
 * The fastest of the three (`tsx bench/spellings.ts --only "Conv of an image"`, and `--only "MaxPool 2x2"`). No operator of ONNX Runtime
 * that puts an image together uses several threads well.
 */
export const laidOut: LayOut = (b, x, size) => {
  if (Number(b.dims(x)[3]) >= LONG) return byRows(b, x, size);
  return (size === 2 ? byPairs : byNumbers)(b, x, size);
};

/**
 * Moves rows of columns first, then interleaves all columns of blocks by one transposition of a matrix. Transpositions of a matrix for each
 * channel are the slowest with several threads, among which ONNX Runtime divides each of them.
 */
export const byRows: LayOut = (b, x, size) => {
  const [images, rows, columns] = sizesOf(b, x, size);
  const blocks = b.reshape(x, [-1, size, size, images, rows, columns]);
  const byColumn = b.reshape(b.transpose(blocks, [2, 0, 3, 4, 1, 5]), [size, -1]);
  return b.reshape(b.transpose(byColumn, [1, 0]), [-1, images, size * rows, size * columns]);
};

/**
 * For blocks of 2 x 2: transposes the matrix of each image, after which the elements of a block are neighbours, and moves the pairs of a
 * row. ONNX Runtime moves pairs of float32 as one number.
 */
export const byPairs: LayOut = (b, x, size) => {
  const [images, rows, columns] = sizesOf(b, x, size);
  const matrices = b.reshape(x, [-1, size ** 2, images * rows * columns]);
  const blocks = b.reshape(b.transpose(matrices, [0, 2, 1]), [-1, columns, size, size]);
  return b.reshape(b.transpose(blocks, [0, 2, 1, 3]), [-1, images, size * rows, size * columns]);
};

/** Moves single numbers, in one thread. */
export const byNumbers: LayOut = (b, x, size) =>
  b.emit('DepthToSpace', [x], { blocksize: attr.int(size), mode: attr.string('DCR') });

/** Channels of the image, and rows and columns of blocks. */
function sizesOf(b: MathBuilder, x: string, size: number): readonly number[] {
  const [channels, ...sizes] = b.dims(x).slice(1).map(Number);
  return [channels / size ** 2, ...sizes];
}

/** A constant of float32 or float64. */
export type FloatingConstant = Constant & { readonly data: Float32Array | Float64Array };

export const isFloating = (constant: Constant): constant is FloatingConstant =>
  constant.dtype === 'float32' || constant.dtype === 'float64';

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
