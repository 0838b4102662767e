import type { Features } from '@onnxplain/core';
import { type Change, type ChangeSearch, distanceOf, pointsOf } from './search.js';

/** How many sizes or lengths one batch tries. */
const TRIED = 32;

/** The size of the change of each feature, in units: Σ|u| or the l2 norm of its part. */
export function changesOf(
  u: Float64Array,
  { count, of }: Features,
  distance: ChangeSearch['distance'],
): Float64Array {
  const parts = new Float64Array(count);
  u.forEach((v, i) => {
    parts[of[i]] += distanceOf(Float64Array.of(v), distance);
  });
  return distance === 'l1' ? parts : parts.map(Math.sqrt);
}

/** The features that changed, those that changed most first; of equal ones the first. */
export function rankingOf(changes: Float64Array): readonly number[] {
  const changed = [...changes.keys()].filter((feature) => changes[feature] > 0);
  return changed.sort((a, b) => changes[b] - changes[a]);
}

/** 1 for each element of these features. */
export function elementsOf(chosen: readonly number[], { of }: Features): Uint8Array {
  const members = new Set(chosen);
  return Uint8Array.from(of, (feature) => Number(members.has(feature)));
}

/** The change with only its largest features, the fewest of some numbers that were tried with a margin below 0. */
export function keepFewest(search: ChangeSearch, change: Change, features: Features): Promise<Change> {
  const ranking = rankingOf(changesOf(change.u, features, search.distance));
  const keep = (size: number) => {
    const kept = elementsOf(ranking.slice(0, Math.round(size)), features);
    return change.u.map((v, i) => v * kept[i]);
  };
  return leastOf(search, change, { most: ranking.length, finest: 1, make: keep });
}

/** The change shortened along its line, to the shortest of some lengths that were tried with a margin below 0. */
export function shorten(search: ChangeSearch, change: Change): Promise<Change> {
  const part = (length: number) => change.u.map((v) => v * length);
  return leastOf(search, change, { most: 1, finest: 1e-4, make: part });
}

interface Family {
  /** The number that makes the change itself. */
  readonly most: number;
  /** Smaller differences between numbers are not tried. */
  readonly finest: number;
  readonly make: (number: number) => Float64Array;
}

/** Tries numbers from 0 to `most`, then those just below the least with a margin below 0, and so on. Every result was evaluated. */
async function leastOf(
  search: ChangeSearch,
  change: Change,
  { most, finest, make }: Family,
): Promise<Change> {
  let found = change;
  let [from, to] = [0, most];
  while (to - from > finest) {
    const gap = finest * Math.ceil((to - from) / finest / TRIED);
    const numbers = Array.from({ length: Math.ceil((to - from) / gap) - 1 }, (_, k) => from + (k + 1) * gap);
    if (numbers.length === 0) break;
    const changes = numbers.map(make);
    const margins = await search.margin.value(pointsOf(search, changes));
    const first = margins.findIndex((margin) => margin < 0);
    if (first < 0) {
      from = numbers[numbers.length - 1];
      continue;
    }
    found = { u: changes[first], margin: margins[first] };
    to = numbers[first];
    if (first > 0) from = numbers[first - 1];
  }
  return found;
}
