import { product, productsOf } from './blocks.js';

/**
 * The phases of an image are the images of its elements (2 y + r, 2 x + s), one for each r and s, in row-major order. A convolution can
 * compute or read them as channels, with a kernel that is rearranged.
 */
export const BLOCK = 2;

/** Number of phases of an image. */
export const PHASES = BLOCK * BLOCK;

/**
 * Up to which number of products convolutions in phases are chosen, in products of the convolution of the whole image, by the number of
 * channels that are computed. More products than 1 pay where the channels are few, because no pool moves single elements then.
 * `tsx bench/spellings.ts --only "MaxPool 2x2"` measured these.
 */
const LIMITS: readonly { readonly channels: number; readonly products: number }[] = [
  { channels: 16, products: 1.5 },
  { channels: Number.POSITIVE_INFINITY, products: 1 },
];

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
