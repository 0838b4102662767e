import { type Key, relativeShapleyKernel, shapleySets } from '@onnxplain/core';

/** Sets of features that stay, none of them empty or full. */
export interface Coalitions {
  readonly count: number;
  /** One row for each set, [count, d]: 1 where the feature stays. */
  readonly kept: Uint8Array;
  readonly weights: Float64Array;
  /** Whether these are all sets. Otherwise sets 2i and 2i + 1 are complements of each other, drawn together. */
  readonly exhaustive: boolean;
}

/** How many sets {@link coalitionsOf} gives. */
export const coalitionCount = (d: number, samples: number): number =>
  2 ** d - 2 <= samples ? 2 ** d - 2 : 2 * Math.floor(samples / 2);

/**
 * All coalitions of d features with the weights of the Shapley kernel, where there are no more than `samples`; else pairs of complements
 * drawn from the kernel, with equal weights, of which pair i depends on (d, key, i) only.
 */
export function coalitionsOf(d: number, samples: number, key: Key): Coalitions {
  const exhaustive = 2 ** d - 2 <= samples;
  const count = coalitionCount(d, samples);
  const mark = shapleySets(d)[exhaustive ? 'all' : 'paired'];
  const kept = new Uint8Array(count * d);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const set = kept.subarray(i * d, (i + 1) * d);
    mark(set, i, key);
    weights[i] = exhaustive
      ? relativeShapleyKernel(
          d,
          set.reduce((sum, one) => sum + one, 0),
        )
      : 1;
  }
  return { count, kept, weights, exhaustive };
}
