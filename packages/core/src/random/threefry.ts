/** Identity of a random quantity: 64 bits as two unsigned 32-bit words. */
export interface Key {
  readonly hi: number;
  readonly lo: number;
}

const PARITY = 0x1bd11bda;
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;

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
  for (let round = 0; round < 20; round++) {
    const rotation = ROTATIONS[round & 7];
    a = (a + b) | 0;
    b = ((b << rotation) | (b >>> (32 - rotation))) ^ a;
    if ((round & 3) !== 3) continue;
    // After every fourth round the next two of the three key words are injected.
    const used = k0;
    k0 = k1;
    k1 = k2;
    k2 = used;
    a = (a + k0) | 0;
    b = (b + k1 + (round + 1) / 4) | 0;
  }
  return { hi: a >>> 0, lo: b >>> 0 };
}
