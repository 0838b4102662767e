import { fold, type Key } from '../random/key.js';
import { type Stream, stream } from '../random/stream.js';

/**
 * Weight of a set of s of d features in the Shapley kernel, (d - 1) / (C(d, s)·s·(d - s)), for 0 < s < d, divided by that of a set of half
 * of the features, which keeps weights of hundreds of features finite. Source: [Y19] Proposition 2.5.
 */
export function relativeShapleyKernel(d: number, s: number): number {
  const half = Math.floor(d / 2);
  const share = (size: number) => size * (d - size);
  return (Math.exp(logChoices(d, half) - logChoices(d, s)) * share(half)) / share(s);
}

/**
 * The weight of the authors' program, (d - 1) / (s·(d - 1 - s)·C(d - 1, s)): that of [Y19] for one feature fewer than there are. It is
 * infinite for s = d - 1, where the program divides by 0; such sets have weight 0 here. Divided by the weight of half of the features.
 */
export function relativeShapleyKernelOfCode(d: number, s: number): number {
  return s === d - 1 ? 0 : relativeShapleyKernel(d - 1, s);
}

/** The logarithm of the number of sets of s of d features. */
function logChoices(d: number, s: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(s, d - s); i++) sum += Math.log((d - i + 1) / i);
  return sum;
}

/** Returns a function that draws the size of a set from 1 to d - 1: all sets of size s together have the weight (d - 1) / (s·(d - s)). */
function shapleySizes(d: number): (random: Stream) => number {
  const cumulative = new Float64Array(d - 1);
  let total = 0;
  for (let s = 1; s < d; s++) {
    total += 1 / (s * (d - s));
    cumulative[s - 1] = total;
  }
  return (random) => {
    const u = random.uniform() * total;
    const found = cumulative.findIndex((sum) => u < sum);
    return (found < 0 ? d - 2 : found) + 1;
  };
}

/** Marks `size` of the places of `out`, which are 0, every set of this size equally likely. Source: Floyd's algorithm. */
function markRandomSet(random: Stream, out: Uint8Array, size: number): void {
  for (let last = out.length - size; last < out.length; last++) {
    const place = random.below(last + 1);
    out[out[place] === 1 ? last : place] = 1;
  }
}

/** Marks the features of set i by 1 in a row of zeros. The set depends on the key and i only. */
export type MarkSet = (out: Uint8Array, i: number, key: Key) => void;

/** How sets of features are taken. */
export type ShapleySampling = 'kernel' | 'paired' | 'uniform' | 'all';

/**
 * Functions that mark sets of d features, none of them empty or full. kernel: drawn from the Shapley kernel. paired: sets 2i so, and sets
 * 2i + 1 their complements. uniform: every set equally likely. all: every set once, in the order of the binary numbers of the sets.
 */
export function shapleySets(d: number): Readonly<Record<ShapleySampling, MarkSet>> {
  const sizeOf = shapleySizes(d);
  const fromKernel = (out: Uint8Array, random: Stream) => markRandomSet(random, out, sizeOf(random));
  return {
    kernel: (out, i, key) => fromKernel(out, stream(fold(key, i))),
    paired(out, i, key) {
      fromKernel(out, stream(fold(key, Math.floor(i / 2))));
      if (i % 2 === 1) for (let j = 0; j < d; j++) out[j] = 1 - out[j];
    },
    uniform(out, i, key) {
      const random = stream(fold(key, i));
      let size = 0;
      while (size === 0 || size === d) {
        size = 0;
        for (let j = 0; j < d; j++) {
          out[j] = random.uint32() >>> 31;
          size += out[j];
        }
      }
    },
    all(out, i) {
      const bits = (i % (2 ** d - 2)) + 1;
      for (let j = 0; j < d; j++) out[j] = (bits >>> j) & 1;
    },
  };
}
