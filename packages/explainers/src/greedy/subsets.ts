import { fold, type Key, stream } from '@onnxplain/core';
import type { Preset } from './options.js';

/** Share of the features in the subsets of the authors' Greedy-AS. */
export const PAPER_CODE_SHARE = 0.2;

/** Subsets of the features, each of which holds the chosen ones. */
export interface Subsets {
  readonly count: number;
  /** One row for each, [count, features]: 1 where the feature belongs to it. */
  readonly members: Uint8Array;
  /** Rows i·group to (i + 1)·group - 1 were drawn together; 0: these are all subsets. */
  readonly group: 0 | 1 | 2;
}

export interface Sampling {
  readonly subsets: number;
  readonly preset: Preset;
  /** Probability of a feature, with preset 'paper-code'; it is 1/2 with 'paper'. */
  readonly share: number;
}

/**
 * Subsets of the features that are not chosen, with the chosen ones added. With 'paper': all of them where there are no more than
 * `subsets`; otherwise uniform ones in pairs of complements. With 'paper-code': independent ones. Draw i depends on (chosen, key, i) only.
 */
export function subsetsOf(chosen: Uint8Array, { subsets, preset, share }: Sampling, key: Key): Subsets {
  const open = openOf(chosen);
  if (preset === 'paper-code') {
    const row = (at: Uint8Array, i: number) => {
      const random = stream(fold(key, i));
      for (const j of open) at[j] = random.uniform() < share ? 1 : 0;
    };
    return { count: subsets, members: rowsOf(chosen, subsets, row), group: 1 };
  }
  const all = 2 ** open.length;
  if (all <= subsets) {
    const row = (at: Uint8Array, i: number) =>
      open.forEach((j, bit) => {
        at[j] = (i >>> bit) & 1;
      });
    return { count: all, members: rowsOf(chosen, all, row), group: 0 };
  }
  const count = 2 * Math.floor(subsets / 2);
  const row = (at: Uint8Array, i: number) => {
    const random = stream(fold(key, i >> 1));
    for (const j of open) at[j] = random.below(2) ^ (i & 1);
  };
  return { count, members: rowsOf(chosen, count, row), group: 2 };
}

/** The features that are not chosen. */
export function openOf(chosen: Uint8Array): readonly number[] {
  return [...chosen.keys()].filter((feature) => chosen[feature] === 0);
}

function rowsOf(chosen: Uint8Array, count: number, write: (at: Uint8Array, i: number) => void): Uint8Array {
  const d = chosen.length;
  const members = new Uint8Array(count * d);
  for (let i = 0; i < count; i++) {
    const at = members.subarray(i * d, (i + 1) * d);
    at.set(chosen);
    write(at, i);
  }
  return members;
}
