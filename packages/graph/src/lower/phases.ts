import type { Constant } from '../ir/types.js';
import { placeOf, product } from './few-channels.js';

/**
 * The phases of an image are the images of its elements (2 y + r, 2 x + s), one for each r and s, in row-major order. A convolution can
 * compute or read them as channels, with a kernel that is rearranged.
 */
export const BLOCK = 2;

/** Number of phases of an image. */
export const PHASES = BLOCK * BLOCK;

/** Channels that ONNX Runtime's convolutions compute at once, on processors with AVX-512. */
export const LANES = 16;

const filled = (channels: number): number => Math.ceil(channels / LANES) * LANES;

/**
 * Up to which number of products convolutions in phases are chosen, in products of the convolution of the whole image, by the number of
 * channels that are computed. More products than 1 pay where the channels are few, because no pool moves single elements then.
 * `tsx bench/spellings.ts --only "MaxPool 2x2"` measured these.
 */
const LIMITS: readonly { readonly channels: number; readonly products: number }[] = [
  { channels: 16, products: 1.5 },
  { channels: Number.POSITIVE_INFINITY, products: 1 },
];

/**
 * Products for each element of the result of a convolution that computes `channels` in blocks of size x size elements with so many taps.
 * Lanes without a channel count.
 */
export const productsOf = (channels: number, taps: number, size = 1): number =>
  (filled(channels * size ** 2) * taps) / size ** 2;

/** A convolution: its channels, the taps of its kernel for the whole image, and its products in phases. */
export interface Convolved {
  readonly channels: number;
  readonly taps: readonly number[];
  readonly products: number;
}

/** Whether a convolution that computes the phases of its result is chosen. */
export function phasesPay({ channels, taps, products }: Convolved): boolean {
  const limit = LIMITS.find((row) => channels <= row.channels)?.products ?? 0;
  return products < limit * productsOf(channels, product(taps));
}

/** Where an element of a kernel in phases comes from: indices in the kernel of the whole image, or undefined for 0. */
export type Origin = (indices: readonly number[]) => readonly number[] | undefined;

/** A constant of float32 or float64. */
export type FloatingConstant = Constant & { readonly data: Float32Array | Float64Array };

export const isFloating = (constant: Constant): constant is FloatingConstant =>
  constant.data instanceof Float32Array || constant.data instanceof Float64Array;

/** Rearranges the elements of a constant kernel. */
export function rearranged(kernel: FloatingConstant, dims: readonly number[], origin: Origin): Constant {
  const { dtype, data } = kernel;
  const values = Float64Array.from({ length: product(dims) }, (_, at) => {
    const indices = origin(placeOf(at, dims));
    if (indices?.every((index, axis) => index >= 0 && index < kernel.dims[axis]) !== true) return 0;
    return data[indices.reduce((place, index, axis) => place * kernel.dims[axis] + index, 0)];
  });
  return { dtype, dims, data: data instanceof Float32Array ? new Float32Array(values) : values };
}
