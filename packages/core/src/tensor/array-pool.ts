type FloatArray = Float32Array | Float64Array | Uint16Array;

/** Arrays that are used again, because the system takes time to give a process new memory. */
export interface ArrayPool {
  /** Returns an array of this type and of at least this length, with any numbers in it. */
  take<A extends FloatArray>(type: new (length: number) => A, length: number): A;
  /** Makes the array available to others. The caller must not use it any more. */
  giveBack(array: FloatArray): void;
}

/** Makes a pool that keeps arrays of at most `bytes` together. */
export function arrayPool(bytes: number): ArrayPool {
  let free: FloatArray[] = [];
  return {
    take(type, length) {
      const isFitting = (array: FloatArray) => array instanceof type && array.length >= length;
      const found = free.find(isFitting);
      if (!(found instanceof type)) return new type(length);
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
