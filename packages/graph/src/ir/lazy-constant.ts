import type { Constant, ConstantData } from './types.js';

/**
 * A constant whose elements are made whenever they are read and kept by nobody: for large ones that follow from data that is in memory
 * anyway. Whoever asks for a size only asks its dims.
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
