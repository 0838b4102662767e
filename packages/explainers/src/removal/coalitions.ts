import { fold, type Key, type Stream, stream } from '@onnxplain/core';

/** Sets of features that stay, none of them empty or full. */
export interface Coalitions {
  readonly count: number;
  /** One row for each set, [count, d]: 1 where the feature stays. */
  readonly kept: Uint8Array;
  readonly weights: Float64Array;
  /** Whether these are all sets. Otherwise sets 2i and 2i + 1 are complements of each other, drawn together. */
  readonly exhaustive: boolean;
}

/**
 * All coalitions of d features with the weights of the Shapley kernel, where there are no more than `samples`; else pairs of complements
 * drawn from the kernel, with equal weights, of which pair i depends on (d, key, i) only.
 */
export function coalitionsOf(d: number, samples: number, key: Key): Coalitions {
  return 2 ** d - 2 <= samples ? allCoalitions(d) : sampledCoalitions(d, Math.floor(samples / 2), key);
}

function allCoalitions(d: number): Coalitions {
  const count = 2 ** d - 2;
  const kept = new Uint8Array(count * d);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let size = 0;
    for (let j = 0; j < d; j++) {
      kept[i * d + j] = ((i + 1) >>> j) & 1;
      size += kept[i * d + j];
    }
    weights[i] = shapleyKernel(d, size);
  }
  return { count, kept, weights, exhaustive: true };
}

/** Weight of a coalition of s of d features, (d - 1) / (C(d, s)·s·(d - s)). */
function shapleyKernel(d: number, s: number): number {
  let choices = 1;
  for (let i = 1; i <= s; i++) choices *= (d - s + i) / i;
  return (d - 1) / (choices * s * (d - s));
}

function sampledCoalitions(d: number, pairs: number, key: Key): Coalitions {
  const count = 2 * pairs;
  const kept = new Uint8Array(count * d);
  const places = Int32Array.from({ length: d }, (_, i) => i);
  const shares = sharesOfSizes(d);
  for (let pair = 0; pair < pairs; pair++) {
    const random = stream(fold(key, pair));
    const at = 2 * pair * d;
    for (const place of drawSet(places, sizeBelow(shares, random.uniform()), random)) kept[at + place] = 1;
    for (let j = 0; j < d; j++) kept[at + d + j] = 1 - kept[at + j];
  }
  return { count, kept, weights: new Float64Array(count).fill(1), exhaustive: false };
}

/** Cumulative probabilities of the sizes 1 to d - 1. All coalitions of size s together have the weight (d - 1) / (s·(d - s)). */
function sharesOfSizes(d: number): Float64Array {
  const shares = new Float64Array(d - 1);
  let sum = 0;
  for (let s = 1; s < d; s++) {
    sum += 1 / (s * (d - s));
    shares[s - 1] = sum;
  }
  return shares.map((share) => share / sum);
}

function sizeBelow(shares: Float64Array, u: number): number {
  const found = shares.findIndex((share) => u < share);
  return (found < 0 ? shares.length - 1 : found) + 1;
}

/** A uniform subset of `places`, which is sorted again afterwards so that a draw does not depend on the draws before. */
function drawSet(places: Int32Array, size: number, random: Stream): Int32Array {
  for (let i = 0; i < size; i++) {
    const other = i + random.below(places.length - i);
    [places[i], places[other]] = [places[other], places[i]];
  }
  const drawn = places.slice(0, size);
  places.forEach((_, i) => {
    places[i] = i;
  });
  return drawn;
}
