import {
  type Attack,
  asBatch,
  type Cost,
  fold,
  type Key,
  key,
  meter,
  type Norm,
  type Perturbed,
  type Score,
  stack,
  type Tensor,
} from '@onnxplain/core';
import type { RobustnessSettings } from './options.js';
import { type AttackSets, pilotsOf, searchPilots, setsAt } from './pilots.js';
import {
  type NearPoint,
  nearer,
  nearestStarts,
  type Place,
  type StartPoint,
  startPointsAt,
  winnersAt,
} from './start-points.js';

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

/** The points from which some sets are searched, and for some of them (by number) another one at which another class wins. */
interface Starts {
  readonly first?: readonly Tensor[];
  readonly second?: ReadonlyMap<number, Tensor>;
}

/** Gives the points from which sets are attacked. */
type Starter = (free: Uint8Array) => Promise<Starts>;

/** A set is searched for a second class too where that is estimated to be at most this much farther away. */
const REACH = 1.03;

/** What sets are attacked by. */
export interface SetAttackOptions extends Pick<RobustnessSettings, 'attack' | 'preset' | 'pilots'> {
  /** Gives margins that lead to each of the classes that come next at the input. */
  others(): Promise<readonly Score[]>;
}

/**
 * Attacks sets by one attack. With preset 'paper-code' each search starts at the input. With 'paper' the union of all sets of a run is
 * attacked first, because a point for it is a start for each of them, and where there are many sets, pilots (`pilots.ts`): each search then
 * starts at the point, of those found so, that a linear margin puts nearest. Where another class is about as near, the set is searched from
 * its nearest point too, and the smaller perturbation counts. The starts of a set do not depend on the other sets but the pilots and
 * those of earlier runs.
 */
export function setAttacks(given: Place, options: SetAttackOptions): SetAttacks {
  const { attack, preset, pilots: scout = attack, others } = options;
  const { score: margin, cost } = meter(given.margin);
  const costs = [cost];
  const place = { ...given, margin };
  const { call, nearest } = callerOf(place, attack);
  const towards = async () =>
    (await others()).map((other) => {
      const metered = meter(other);
      costs.push(metered.cost);
      return callerOf({ ...place, margin: metered.score }, scout).call;
    });
  const callers = {
    call,
    nearest,
    scout: callerOf(place, scout).call,
    norm: attack.norm,
    gradients: scout.gradients,
    towards,
  };
  const start = starterOf(place, callers);
  const { count } = place.features;
  return {
    cost: () => costs.reduce((sum, each) => added(sum, each()), NONE),
    async run(free, own, pilots = pilotsOf(free, count)) {
      const startsOf: Starter = preset === 'paper' ? await start(free, pilots) : async () => ({});
      const size = Math.max(1, Math.floor(CHUNK / place.x.data.length)) * count;
      const all: Attacked[] = [];
      for (let from = 0; from < free.length; from += size) {
        const sets = { count, free: free.subarray(from, from + size) };
        const starts = await startsOf(sets.free);
        all.push(...(await searchBoth(call, sets, { starts, key: fold(own, from / size) })));
      }
      return all;
    },
  };
}

interface Sets {
  readonly free: Uint8Array;
  /** How many features there are. */
  readonly count: number;
}

/** Searches sets from their first starts, and those that have a second one from it too. Returns the smaller perturbations. */
async function searchBoth(
  call: AttackSets,
  { free, count }: Sets,
  { starts: { first, second = new Map() }, key: own }: { readonly starts: Starts; readonly key: Key },
): Promise<readonly Attacked[]> {
  const found = await call(free, own, first);
  const rows = [...second.keys()];
  const again =
    rows.length === 0 ? [] : await call(setsAt(free, count, rows), fold(own, 'second'), [...second.values()]);
  const other = new Map(rows.map((set, at) => [set, again[at]]));
  return found.map((each, set) => {
    const { estimate, checks } = smaller(each, other.get(set));
    return { estimate, ...(checks && { checks }) };
  });
}

const NONE: Cost = { forward: 0, backward: 0 };
const added = (a: Cost, b: Cost): Cost => ({
  forward: a.forward + b.forward,
  backward: a.backward + b.backward,
});

/** The one with the smaller perturbation. */
function smaller(one: Perturbed, other: Perturbed | undefined): Perturbed {
  if (other === undefined || !('value' in other.estimate) || one.estimate.kind === 'invalid') return one;
  return 'value' in one.estimate && one.estimate.value <= other.estimate.value ? one : other;
}

interface Callers {
  readonly call: AttackSets;
  /** The nearest point that `call` found. */
  nearest(): NearPoint | undefined;
  /** The attack of pilots. */
  readonly scout: AttackSets;
  readonly norm: Norm;
  readonly gradients: Attack['gradients'];
  /** Gives the same towards some classes. */
  towards(): Promise<readonly AttackSets[]>;
}

/** Gives the starter of each run. */
function starterOf(place: Place, callers: Callers) {
  const { call, nearest, gradients } = callers;
  const { count } = place.features;
  const startsOf = pilotStarter(place, callers);
  return async (free: Uint8Array, pilots: Uint8Array): Promise<Starter> => {
    const union = unionOf(free, count);
    // Without gradients no margin can be made linear.
    const isLinear = pilots.length > 0 && gradients !== false;
    const byPilots = isLinear ? await startsOf(union, pilots) : undefined;
    if (byPilots !== undefined) return byPilots;
    const fromNearest: Starter = async (sets) => ({ first: repeated(nearest()?.point, sets.length / count) });
    await call(union, fold(FIXED, 'union'), (await fromNearest(union)).first);
    return fromNearest;
  };
}

/** Gives the starter that pilots make, undefined where nothing is found for them. Their points are seeds of the next run. */
function pilotStarter(place: Place, { scout, norm, towards }: Callers) {
  const { products } = place;
  let known: readonly StartPoint[] = [];
  return async (union: Uint8Array, pilots: Uint8Array): Promise<Starter | undefined> => {
    const isFirst = known.length === 0;
    const seeds = isFirst ? await seedsOf(place.margin, [scout, ...(await towards())], union) : known;
    const found = await searchPilots({ place, call: scout, norm, seeds, isFirst }, pilots, FIXED);
    if (found.points.length === 0) return undefined;
    known = found.points;
    const starts = await startPointsAt(place, known, norm);
    const at = (k: number) => starts.points[k].point;
    return async (sets) => {
      const choice = { products, factors: found.factors, reach: REACH };
      const chosen = await nearestStarts(starts, sets, choice);
      return {
        first: chosen.map(({ first }) => at(first)),
        second: new Map(
          chosen.flatMap(({ second }, set) => (second === undefined ? [] : [[set, at(second)]])),
        ),
      };
    };
  };
}

/** The points that attacks find for one set. */
async function seedsOf(
  margin: Score,
  calls: readonly AttackSets[],
  set: Uint8Array,
): Promise<readonly StartPoint[]> {
  const found: Perturbed[] = [];
  for (const [k, call] of calls.entries()) found.push(...(await call(set, fold(fold(FIXED, 'seeds'), k))));
  const points = found.flatMap((each) => nearer(undefined, each) ?? []);
  const winners = await winnersAt(
    margin,
    points.map(({ point }) => point),
  );
  return points.map((each, i) => ({ ...each, winner: winners[i] }));
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
