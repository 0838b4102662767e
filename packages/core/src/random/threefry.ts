/** Identity of a random quantity: 64 bits as two unsigned 32-bit words. */
export interface Key {
  readonly hi: number;
  readonly lo: number;
}

const PARITY = 0x1bd11bda;

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/**
 * Threefry-2x32 with 20 rounds: encrypts a 64-bit counter under a 64-bit key.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 * In the words of that paper `hi` is word 0 and `lo` is word 1.
 */
export function threefry2x32(key: Key, counter: Key): Key {
  let k0 = key.hi | 0;
  let k1 = key.lo | 0;
  let k2 = PARITY ^ k0 ^ k1;
  let a = (counter.hi + k0) | 0;
  let b = (counter.lo + k1) | 0;
  // Five groups of four rounds, which have one of two lists of rotations in turn.
  for (let group = 1; group <= 5; group++) {
    const odd = group % 2 === 1;
    a = (a + b) | 0;
    b = rotate(b, odd ? 13 : 17) ^ a;
    a = (a + b) | 0;
    b = rotate(b, odd ? 15 : 29) ^ a;
    a = (a + b) | 0;
    b = rotate(b, odd ? 26 : 16) ^ a;
    a = (a + b) | 0;
    b = rotate(b, odd ? 6 : 24) ^ a;
    // After each group the next two of the three key words are injected.
    const used = k0;
    k0 = k1;
    k1 = k2;
    k2 = used;
    a = (a + k0) | 0;
    b = (b + k1 + group) | 0;
  }
  return { hi: a >>> 0, lo: b >>> 0 };
}
