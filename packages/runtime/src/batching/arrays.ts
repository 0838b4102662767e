import { allocate, type FloatData, type FloatType } from '../session/value.js';

/** Arrays that runs use again, because the system takes time to give a process new memory. */
export interface ArrayPool {
  /** Returns an array of at least this length, with any numbers in it. */
  take(dtype: FloatType, length: number): FloatData;
  /** Makes the array available to others. The caller must not use it any more. */
  giveBack(array: FloatData): void;
}

/** Makes a pool that keeps arrays of at most `bytes` together. */
export function arrayPool(bytes: number): ArrayPool {
  let free: FloatData[] = [];
  return {
    take(dtype, length) {
      const made = allocate(dtype, 0).constructor;
      const found = free.find((array) => array.constructor === made && array.length >= length);
      if (found === undefined) return allocate(dtype, length);
      free = free.filter((array) => array !== found);
      return found;
    },
    giveBack(array) {
      free.unshift(array);
      let kept = 0;
      // The arrays that were used last stay.
      free = free.filter(({ byteLength }) => {
        kept += byteLength;
        return kept <= bytes;
      });
    },
  };
}

/** The arrays of all models. */
export const runArrays = arrayPool(2 ** 25);
