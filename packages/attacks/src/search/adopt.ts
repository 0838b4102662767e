import { type Found, type FreeSets, norm, row, subtract } from '@onnxplain/core';
import type { AttackArguments } from './arguments.js';

/**
 * Gives each set the nearest point that was found for it or for one of its subsets of the same input: it changes free features of the set
 * only. So the norms of nested sets never rise from a set to one that holds it. The check `fromSubset` says where a point was taken over.
 */
export function adoptSubsets(call: AttackArguments, found: readonly Found[]): readonly Found[] {
  const { inputs, free } = call;
  const norms = found.map(({ point }, set) =>
    point === undefined
      ? Number.POSITIVE_INFINITY
      : norm(subtract(point, row(inputs, free.input[set])), call.norm),
  );
  const order = found.map((_, set) => set).sort((a, b) => norms[a] - norms[b]);
  const words = packed(free);
  const adopted = [...found];
  for (const input of new Set(free.input)) {
    const own = order.filter((set) => free.input[set] === input);
    own.forEach((set, at) => {
      const nearest = own
        .slice(0, at)
        .find((other) => norms[other] < norms[set] && isSubset(words, other, set));
      if (nearest === undefined) return;
      const { n, cost, checks } = found[set];
      adopted[set] = { n, cost, point: found[nearest].point, checks: { ...checks, fromSubset: true } };
    });
  }
  return adopted;
}

interface Packed {
  /** 32 features a word, [sets, perSet]. */
  readonly words: Uint32Array;
  readonly perSet: number;
}

function packed({ features, free, input }: FreeSets): Packed {
  const perSet = Math.ceil(features.count / 32);
  const words = new Uint32Array(input.length * perSet);
  for (let set = 0; set < input.length; set++) {
    for (let k = 0; k < features.count; k++) {
      if (free[set * features.count + k] !== 0) words[set * perSet + (k >> 5)] |= 1 << (k & 31);
    }
  }
  return { words, perSet };
}

function isSubset({ words, perSet }: Packed, inner: number, outer: number): boolean {
  for (let w = 0; w < perSet; w++) {
    if ((words[inner * perSet + w] & ~words[outer * perSet + w]) !== 0) return false;
  }
  return true;
}
