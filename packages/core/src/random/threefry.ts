import type { Key } from './key.js';

const PARITY = 0x1bd11bda;

/**
 * Threefry-2x32 with 20 rounds: encrypts a 64-bit counter under a 64-bit key.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 * In the words of that paper `hi` is word 0 and `lo` is word 1.
 */
export function threefry2x32(key: Key, counter: Key): Key {
  const k0 = key.hi | 0;
  const k1 = key.lo | 0;
  const k2 = PARITY ^ k0 ^ k1;
  let a = (counter.hi + k0) | 0;
  let b = (counter.lo + k1) | 0;
  const mix = (rotation: number): void => {
    a = (a + b) | 0;
    b = ((b << rotation) | (b >>> (32 - rotation))) ^ a;
  };
  const fourEven = (): void => {
    mix(13);
    mix(15);
    mix(26);
    mix(6);
  };
  const fourOdd = (): void => {
    mix(17);
    mix(29);
    mix(16);
    mix(24);
  };
  const inject = (first: number, second: number): void => {
    a = (a + first) | 0;
    b = (b + second) | 0;
  };
  fourEven();
  inject(k1, k2 + 1);
  fourOdd();
  inject(k2, k0 + 2);
  fourEven();
  inject(k0, k1 + 3);
  fourOdd();
  inject(k1, k2 + 4);
  fourEven();
  inject(k2, k0 + 5);
  return { hi: a >>> 0, lo: b >>> 0 };
}
