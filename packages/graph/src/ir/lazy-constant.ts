import type { Constant, ConstantData } from './types.js';

/**
 * Makes a constant whose elements are computed at every read and not stored. It saves memory for large constants that follow from other
 * data in memory. To get the number of elements, read the dims.
 */
export function lazyConstant(
  { dtype, dims }: Pick<Constant, 'dtype' | 'dims'>,
  elements: () => ConstantData,
): Constant {
  return {
    dtype,
    dims,
    get data() {
      return elements();
    },
  };
}
