import { fold, type Key, type Norm, type Perturbed, type Tensor } from '@onnxplain/core';
import { type NearPoint, nearer, nearestPoints, type Place, startPointsAt } from './start-points.js';

/** Attacks some sets of free features, from points, one for each set, or from the input. */
export type AttackSets = (
  free: Uint8Array,
  key: Key,
  starts?: readonly Tensor[],
) => Promise<readonly Perturbed[]>;

/** Sets for each pilot, and the least and the greatest number of pilots. */
const SETS_PER_PILOT = 100;
const FEWEST = 4;
const MOST = 48;

/** Rounds in which the pilots start at each other's points. */
const ROUNDS = 3;

/** How many pilots so many sets have. */
export function pilotCount(sets: number): number {
  const count = Math.min(MOST, Math.floor(sets / SETS_PER_PILOT));
  return count < FEWEST ? 0 : count;
}

/**
 * One of each hundred sets [n, features], at equal distances in their order, at most 48; none where there are fewer than 400 sets. Pilots
 * are attacked five times, so that they cost at most 5 % of all attacks.
 */
export function pilotsOf(sets: Uint8Array, features: number): Uint8Array {
  const n = sets.length / features;
  const count = pilotCount(n);
  const pilots = new Uint8Array(count * features);
  for (let i = 0; i * features < pilots.length; i++) {
    const set = Math.floor((i * n) / count);
    pilots.set(sets.subarray(set * features, (set + 1) * features), i * features);
  }
  return pilots;
}

interface Attacked {
  readonly place: Place;
  readonly call: AttackSets;
  readonly norm: Norm;
  /** A point to start from. */
  readonly first: Tensor;
}

/**
 * The nearest points that are found for pilots: from the input, from the first point, and three times from the point of another pilot that
 * a linear margin puts nearest. So a boundary that one pilot meets is known to the others. Pilots without a point have none.
 */
export async function pilotPoints(
  { place, call, norm, first }: Attacked,
  pilots: Uint8Array,
  key: Key,
): Promise<readonly Tensor[]> {
  const count = pilots.length / place.features.count;
  const best = new Array<NearPoint | undefined>(count).fill(undefined);
  const keep = (found: readonly Perturbed[]) =>
    found.forEach((each, pilot) => {
      best[pilot] = nearer(best[pilot], each);
    });
  const own = fold(key, 'pilots');
  keep(await call(pilots, fold(own, 'input')));
  keep(await call(pilots, fold(own, 'first'), new Array<Tensor>(count).fill(first)));
  for (let round = 0; round < ROUNDS; round++) {
    const known = best.flatMap((each, pilot) => (each === undefined ? [] : [{ point: each.point, pilot }]));
    if (known.length < 2) break;
    const points = await startPointsAt(
      place,
      known.map(({ point }) => point),
      norm,
    );
    const isAllowed = (set: number, k: number) => known[k].pilot !== set;
    const starts = await nearestPoints(points, pilots, { products: place.products, isAllowed });
    keep(await call(pilots, fold(own, round), starts));
  }
  return best.flatMap((each) => (each === undefined ? [] : [each.point]));
}
