import { fold, type Key, type Norm, type Perturbed, type Tensor } from '@onnxplain/core';
import { nearestStarts, type Place, type StartPoint, startPointsAt, winnersAt } from './start-points.js';

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

/** Rounds in which pilots start at each other's points: for the first sets of features of an input, and for later ones. */
const ROUNDS = { first: 3, later: 1 } as const;

/** A class counts where it wins at a point of a pilot whose norm is at most this much of the least one of the pilot. */
const CLOSE = 1.1;
/** The same for points of one set that holds all others. */
const CLOSE_AT_FIRST = 1.25;
/** Most classes that count. */
const MOST_CLASSES = 4;

/** How many pilots so many sets have. */
export function pilotCount(sets: number): number {
  const count = Math.min(MOST, Math.floor(sets / SETS_PER_PILOT));
  return count < FEWEST ? 0 : count;
}

/** One of each hundred sets [n, features], at equal distances in their order, at most 48; none where there are fewer than 400 sets. */
export function pilotsOf(sets: Uint8Array, features: number): Uint8Array {
  const n = sets.length / features;
  const count = pilotCount(n);
  const each = Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
  return setsAt(sets, features, each);
}

/** Where and how pilots are attacked. */
interface Search {
  readonly place: Place;
  readonly call: AttackSets;
  readonly norm: Norm;
  /** Points to start from. */
  readonly seeds: readonly StartPoint[];
  /** Whether the seeds are of one set that holds all others, and not of earlier pilots. */
  readonly isFirst: boolean;
}

/** Points where searches of sets may start. */
export interface PilotFindings {
  readonly points: readonly StartPoint[];
  /**
   * For each class that wins at a point, the norms of the pilots relative to what the linear margin of another point says (geometric
   * mean).
   */
  readonly factors: ReadonlyMap<number, number>;
}

/** The nearest points of each pilot, by the class that wins there. */
type Best = Map<number, (StartPoint | undefined)[]>;

/**
 * Searches the nearest points of pilots, for each class that may win by itself, because an attack stays with the class that wins where it
 * starts. In every round a pilot starts at the point, of the seeds and of the other pilots, that a linear margin puts nearest. So a
 * boundary that one pilot meets is known to the others.
 */
export async function searchPilots(search: Search, pilots: Uint8Array, key: Key): Promise<PilotFindings> {
  const { place, call, isFirst } = search;
  const { count } = place.features;
  const best: Best = new Map();
  const all = Array.from({ length: pilots.length / count }, (_, i) => i);
  const attack = async (some: readonly number[], own: Key, starts?: readonly Tensor[]) => {
    const found = some.length === 0 ? [] : await call(setsAt(pilots, count, some), own, starts);
    await keep(place, best, { pilots: some, total: all.length, found });
  };
  const own = fold(key, 'pilots');
  if (isFirst) await attack(all, fold(own, 'input'));
  for (let round = 0; round < (isFirst ? ROUNDS.first : ROUNDS.later); round++) {
    for (const winner of round === 0 ? classesOfSeeds(search) : classesOf(best)) {
      const starts = await startsOf(search, best, { pilots, winner });
      const some = all.filter((i) => starts[i] !== undefined && isOpen(best, winner, i));
      const points = some.flatMap((i) => starts[i]?.point ?? []);
      await attack(some, fold(fold(own, round), winner), points);
    }
  }
  return findingsOf(search, best, pilots);
}

/** Copies some rows of sets. */
export function setsAt(sets: Uint8Array, features: number, rows: readonly number[]): Uint8Array {
  const picked = new Uint8Array(rows.length * features);
  rows.forEach((set, at) => {
    picked.set(sets.subarray(set * features, (set + 1) * features), at * features);
  });
  return picked;
}

interface FoundForPilots {
  readonly pilots: readonly number[];
  /** The number of all pilots. */
  readonly total: number;
  readonly found: readonly Perturbed[];
}

/** Keeps each point that is the nearest one of its pilot at which its class wins. */
async function keep({ margin }: Place, best: Best, { pilots, total, found }: FoundForPilots): Promise<void> {
  const points = found.flatMap(({ point, estimate }, at) =>
    point !== undefined && 'value' in estimate ? [{ pilot: pilots[at], point, norm: estimate.value }] : [],
  );
  const winners = await winnersAt(
    margin,
    points.map(({ point }) => point),
  );
  points.forEach(({ pilot, point, norm }, at) => {
    const winner = winners[at];
    const own = best.get(winner) ?? new Array<StartPoint | undefined>(total).fill(undefined);
    if (norm < (own[pilot]?.norm ?? Number.POSITIVE_INFINITY)) own[pilot] = { point, norm, winner };
    best.set(winner, own);
  });
}

const normAt = (best: Best, winner: number, pilot: number): number =>
  best.get(winner)?.[pilot]?.norm ?? Number.POSITIVE_INFINITY;

/** The least norm that is known of a pilot. */
const leastAt = (best: Best, pilot: number): number =>
  Math.min(...[...best.keys()].map((winner) => normAt(best, winner, pilot)));

const isClose = (best: Best, winner: number, pilot: number): boolean =>
  normAt(best, winner, pilot) <= CLOSE * leastAt(best, pilot);

/** Whether it is not known of a class that it is far from a pilot. */
const isOpen = (best: Best, winner: number, pilot: number): boolean =>
  best.get(winner)?.[pilot] === undefined || isClose(best, winner, pilot);

/** The classes that win at the seeds, those of the least norms first. */
function classesOfSeeds({ seeds, isFirst }: Search): readonly number[] {
  const inOrder = [...seeds].sort((a, b) => a.norm - b.norm);
  const near = isFirst ? inOrder.filter(({ norm }) => norm <= CLOSE_AT_FIRST * inOrder[0].norm) : inOrder;
  return [...new Set(near.map(({ winner }) => winner))].slice(0, MOST_CLASSES);
}

/** The classes that are close to some pilot, those of the most pilots first. */
function classesOf(best: Best): readonly number[] {
  const counts = [...best].map(([winner, own]) => ({
    winner,
    close: own.filter((_, pilot) => isClose(best, winner, pilot)).length,
  }));
  const inOrder = counts.filter(({ close }) => close > 0).sort((a, b) => b.close - a.close);
  return inOrder.map(({ winner }) => winner).slice(0, MOST_CLASSES);
}

/** A start point of a pilot, or a seed, which has none. */
interface Owned extends StartPoint {
  readonly pilot?: number;
}

/** The points at which a class wins: those of the seeds and of the pilots. */
function pointsOf({ seeds }: Pick<Search, 'seeds'>, best: Best, winner: number): readonly Owned[] {
  const own = (best.get(winner) ?? []).flatMap((each, pilot) =>
    each === undefined ? [] : [{ ...each, pilot }],
  );
  return [...seeds.filter((seed) => seed.winner === winner), ...own];
}

interface OfClass {
  readonly pilots: Uint8Array;
  readonly winner: number;
}

/** For each pilot, the nearest point of another one at which a class wins; undefined where there is none. */
async function startsOf(search: Search, best: Best, { pilots, winner }: OfClass) {
  const { place, norm } = search;
  const points = pointsOf(search, best, winner);
  if (points.length === 0) return [];
  const starts = await startPointsAt(place, points, norm);
  const isAllowed = (pilot: number, k: number) => points[k].pilot !== pilot;
  const nearest = await nearestStarts(starts, pilots, { products: place.products, isAllowed });
  return nearest.map(({ first, distance }) =>
    distance < Number.POSITIVE_INFINITY ? { point: points[first].point, distance } : undefined,
  );
}

/** The points of the classes that are close to some pilot, with the factors of these classes. */
async function findingsOf(search: Search, best: Best, pilots: Uint8Array): Promise<PilotFindings> {
  const factors = new Map<number, number>();
  const points: StartPoint[] = [];
  for (const winner of classesOf(best)) {
    const starts = await startsOf(search, best, { pilots, winner });
    const logs = starts.map((start, pilot) => Math.log(normAt(best, winner, pilot) / (start?.distance ?? 0)));
    const known = logs.filter(Number.isFinite);
    const mean = known.reduce((sum, each) => sum + each, 0) / Math.max(1, known.length);
    factors.set(winner, Math.exp(mean));
    const own = pointsOf(search, best, winner);
    points.push(...own.filter(({ pilot }) => pilot === undefined || isClose(best, winner, pilot)));
  }
  return { points, factors };
}
