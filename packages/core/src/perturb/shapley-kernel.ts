import type { Stream } from '../random/stream.js';

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
export function shapleySizes(d: number): (random: Stream) => number {
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
export function markRandomSet(random: Stream, out: Uint8Array, size: number): void {
  for (let last = out.length - size; last < out.length; last++) {
    const place = random.below(last + 1);
    out[out[place] === 1 ? last : place] = 1;
  }
}
