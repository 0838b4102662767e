import type { Constant, ConstantData } from './types.js';

/** The raw data of large constants that are computed, where they have any. */
const lazy = new WeakMap<Constant, { readonly raw?: Uint8Array }>();

/**
 * Makes a constant whose elements are computed at every read and not stored. It saves memory for large constants that follow from other
 * data in memory. To get the number of elements, read the dims. `raw` are the same numbers as bytes, little-endian, where they are at hand.
 */
export function lazyConstant(
  { dtype, dims }: Pick<Constant, 'dtype' | 'dims'>,
  elements: () => ConstantData,
  raw?: Uint8Array,
): Constant {
  const constant: Constant = {
    dtype,
    dims,
    get data() {
      return elements();
    },
  };
  lazy.set(constant, { raw });
  return constant;
}

/** Whether the elements of a constant are computed at every read. */
export const isLazyConstant = (constant: Constant): boolean => lazy.has(constant);

/** The raw data of a constant, if it can be had without computing elements. */
export const rawOf = (constant: Constant): Uint8Array | undefined => lazy.get(constant)?.raw;
