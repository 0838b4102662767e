import { type Found, type FreeSets, norm, tensor } from '@onnxplain/core';
import type { AttackArguments } from './arguments.js';

/**
 * Gives each set the nearest point that was found for it or for one of its subsets of the same input: it changes free features of the set
 * only. So the norms of nested sets never rise from a set to one that holds it. The check `fromSubset` says where a point was taken over.
 */
export function adoptSubsets(call: AttackArguments, found: readonly Found[]): readonly Found[] {
  const { free } = call;
  const norms = normsOf(call, found);
  const order = found.map((_, set) => set).sort((a, b) => norms[a] - norms[b]);
  const sets = packed(free);
  const adopted = [...found];
  for (const input of new Set(free.input)) {
    const own = Int32Array.from(order.filter((set) => free.input[set] === input));
    for (let at = 0; at < own.length; at++) {
      const set = own[at];
      const nearest = firstSubset(sets, own, at);
      if (nearest === undefined || !(norms[nearest] < norms[set])) continue;
      const { n, cost, checks } = found[set];
      adopted[set] = { n, cost, point: found[nearest].point, checks: { ...checks, fromSubset: true } };
    }
  }
  return adopted;
}

/** The norms of the perturbations that were found, Infinity where none was. */
function normsOf({ inputs, free, norm: order }: AttackArguments, found: readonly Found[]): Float64Array {
  const change = new Float64Array(inputs.data.length / inputs.shape[0]);
  return Float64Array.from(found, ({ point }, set) => {
    if (point === undefined) return Number.POSITIVE_INFINITY;
    const from = free.input[set] * change.length;
    for (let i = 0; i < change.length; i++) change[i] = point.data[i] - inputs.data[from + i];
    return norm(tensor(change, [change.length]), order);
  });
}

/** The first set of `order`, before its place `end`, that the set at that place holds. */
function firstSubset({ words, perSet, sizes }: Packed, order: Int32Array, end: number): number | undefined {
  const outer = order[end];
  for (let at = 0; at < end; at++) {
    const inner = order[at];
    if (sizes[inner] > sizes[outer]) continue;
    let w = 0;
    while (w < perSet && (words[inner * perSet + w] & ~words[outer * perSet + w]) === 0) w++;
    if (w === perSet) return inner;
  }
  return undefined;
}

interface Packed {
  /** 32 features a word, [sets, perSet]. */
  readonly words: Uint32Array;
  readonly perSet: number;
  /** Features of each set. */
  readonly sizes: Int32Array;
}

function packed({ features, free, input }: FreeSets): Packed {
  const perSet = Math.ceil(features.count / 32);
  const words = new Uint32Array(input.length * perSet);
  const sizes = new Int32Array(input.length);
  for (let set = 0; set < input.length; set++) {
    for (let k = 0; k < features.count; k++) {
      if (free[set * features.count + k] === 0) continue;
      words[set * perSet + (k >> 5)] |= 1 << (k & 31);
      sizes[set]++;
    }
  }
  return { words, perSet, sizes };
}
