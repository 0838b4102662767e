import {
  type Attack,
  asBatch,
  type Cost,
  fold,
  type Key,
  key,
  meter,
  type Perturbed,
  stack,
  type Tensor,
} from '@onnxplain/core';
import type { RobustnessSettings } from './options.js';
import { type AttackSets, pilotPoints, pilotsOf } from './pilots.js';
import { type NearPoint, nearer, nearestPoints, type Place, startPointsAt } from './start-points.js';

/** Elements of the inputs of one call of the attack, 2^24: 64 MiB in float32. */
const CHUNK = 2 ** 24;

/** The key of the attacks that find starts. It is the same for all keys of callers, so that the norm of a set does not depend on them. */
const FIXED = key(0);

/** What is kept of an attack on a set. The points would fill the memory for large inputs. */
export type Attacked = Pick<Perturbed, 'estimate' | 'checks'>;

/** Attacks on sets of free features of one input. */
export interface SetAttacks {
  /** Attacks each row of `free` [n, features.count]. Default pilots: some of the rows. */
  run(free: Uint8Array, key: Key, pilots?: Uint8Array): Promise<readonly Attacked[]>;
  /** The rows evaluated so far. */
  cost(): Cost;
}

/** Gives the points from which sets are attacked. */
type Starter = (free: Uint8Array) => Promise<readonly Tensor[] | undefined>;

/**
 * Attacks sets by one attack. With preset 'paper-code' each search starts at the input. With 'paper' the union of all sets of a run is
 * attacked first, because a point for it is a start for each of them, and where there are many sets, pilots (`pilots.ts`): each search then
 * starts at the point, of those found so, that a linear margin puts nearest. The starts of a set do not depend on the other sets but the
 * pilots.
 */
export function setAttacks(given: Place, { attack, preset }: RobustnessSettings): SetAttacks {
  const { score: margin, cost } = meter(given.margin);
  const place = { ...given, margin };
  const { call, nearest } = callerOf(place, attack);
  const starterOf = async (free: Uint8Array, pilots: Uint8Array): Promise<Starter> => {
    const { count } = place.features;
    const fromNearest: Starter = async (sets) => repeated(nearest()?.point, sets.length / count);
    await call(unionOf(free, count), fold(FIXED, 'union'), await fromNearest(free.subarray(0, count)));
    const union = nearest();
    if (pilots.length === 0 || union === undefined) return fromNearest;
    const points = await pilotPoints({ place, call, norm: attack.norm, first: union.point }, pilots, FIXED);
    const known = await startPointsAt(place, [union.point, ...points], attack.norm);
    return (sets) => nearestPoints(known, sets, { products: place.products });
  };
  return {
    cost,
    async run(free, own, pilots = pilotsOf(free, place.features.count)) {
      const startsOf = preset === 'paper' ? await starterOf(free, pilots) : async () => undefined;
      const size = Math.max(1, Math.floor(CHUNK / place.x.data.length)) * place.features.count;
      const all: Attacked[] = [];
      for (let from = 0; from < free.length; from += size) {
        const sets = free.subarray(from, from + size);
        const found = await call(sets, fold(own, from / size), await startsOf(sets));
        for (const { estimate, checks } of found) all.push({ estimate, ...(checks && { checks }) });
      }
      return all;
    },
  };
}

/** Calls the attack, and keeps the nearest point that it finds. */
function callerOf({ margin, x, features }: Place, attack: Attack) {
  let nearest: NearPoint | undefined;
  const call: AttackSets = async (free, own, starts) => {
    const input = new Int32Array(free.length / features.count);
    const sets = { features, free, input, ...(starts && { starts: stack(starts) }) };
    const found = await attack(margin, asBatch(x), sets, own);
    nearest = found.reduce(nearer, nearest);
    return found;
  };
  return { call, nearest: () => nearest };
}

const repeated = (point: Tensor | undefined, count: number): readonly Tensor[] | undefined =>
  point && new Array<Tensor>(count).fill(point);

/** One set that holds all sets. */
function unionOf(sets: Uint8Array, count: number): Uint8Array {
  const union = new Uint8Array(count);
  for (let i = 0; i < sets.length; i++) union[i % count] |= sets[i];
  return union;
}
