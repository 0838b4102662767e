import type { Norm } from '@onnxplain/core';
import { clip } from '../search/rows.js';

/** Half-spaces needs[k] + slopes[k]·change <= 0, and the least and greatest change of each element. */
export interface HalfSpaces {
  readonly slopes: readonly ArrayLike<number>[];
  readonly needs: ArrayLike<number>;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Most elements that the rounds over all half-spaces visit, and the relative change of a round at which they end. */
const WORK = 2 ** 21;
const TOLERANCE = 1e-9;
/** Rounds after which the dual is looked at, and followed further. */
const CHECK = 8;
/** Most steps of the search of one multiplier. */
const ROOT_STEPS = 100;
const LEAST_MULTIPLIER = 1e-9;
/** Halvings of the interval of levels (linf), and steps of the proximal point method (l1). */
const LEVELS = 24;
const PROXIMAL = 30;

/**
 * The change of least norm that lies in all half-spaces and in the box, to about 1e-3 of its norm where half-spaces are nearly parallel,
 * and better elsewhere; undefined where none is found. For p = 2 it maximises the dual, one multiplier at a time (Hildreth's method, with
 * the box). For p = 1 it repeats that with the proximal operator of the norm; for p = ∞ it halves an interval of levels, at each of which
 * the box of that level has to reach all half-spaces.
 */
export function leastChange(problem: HalfSpaces, norm: Norm): Float64Array | undefined {
  const start = multipliersOf(problem);
  const zero = new Float64Array(problem.low.length);
  const shortest = solve(problem, start, { base: zero, threshold: 0 });
  if (shortest === undefined || norm === 'l2') return shortest;
  return norm === 'l1' ? proximal(problem, shortest) : level(problem, shortest);
}

interface Multipliers {
  readonly values: Float64Array;
}

const multipliersOf = ({ slopes }: HalfSpaces): Multipliers => ({ values: new Float64Array(slopes.length) });

/** The point that the proximal operator is taken at, and by how much it makes elements smaller. */
interface Prox {
  readonly base: Float64Array;
  readonly threshold: number;
  /** Whether any change in all half-spaces and in the box will do. */
  readonly any?: boolean;
}

/** Minimises threshold·|change| + |change - base|² / 2 over the half-spaces and the box. Undefined where they have no point in common. */
function solve(problem: HalfSpaces, multipliers: Multipliers, prox: Prox): Float64Array | undefined {
  const { slopes, needs, low, high } = problem;
  const { values } = multipliers;
  const at = prox.base.slice();
  const isShortest = prox.threshold === 0;
  for (const [k, slope] of slopes.entries())
    for (let j = 0; j < at.length; j++) at[j] -= values[k] * slope[j];
  const rounds = WORK / (at.length * slopes.length);
  let before = values.slice();
  for (let round = 0; round < rounds; round++) {
    let isSettled = true;
    for (const [k, slope] of slopes.entries()) {
      const next = rootOf({ slope, need: needs[k], at, low, high, from: values[k] }, prox.threshold);
      if (next === undefined) return undefined;
      if (Math.abs(next - values[k]) > TOLERANCE * Math.max(next, values[k])) isSettled = false;
      for (let j = 0; j < at.length; j++) at[j] -= (next - values[k]) * slope[j];
      values[k] = next;
    }
    if (isSettled) break;
    if (round % CHECK < CHECK - 1) continue;
    if (!extrapolate(problem, { values, before, at }, prox.threshold)) return undefined;
    before = values.slice();
    if (isShortest && isEmpty(problem, values, at)) return undefined;
    if (prox.any === true && isIn(problem, at)) break;
  }
  const change = at.map((v, j) => held(v, prox.threshold, [low[j], high[j]]));
  return isIn(problem, change) ? change : undefined;
}

interface Moved {
  readonly values: Float64Array;
  /** The multipliers some rounds ago. */
  readonly before: Float64Array;
  readonly at: Float64Array;
}

/**
 * Moves the multipliers on in the direction of the last rounds, as far as the dual rises: one half-space that is the sum of all, weighted
 * by that direction. Rounds alone take many equal steps where most elements are held by the box. Returns false where the dual rises without
 * end, so that the box does not reach the half-spaces.
 */
function extrapolate(
  { slopes, needs, low, high }: HalfSpaces,
  { values, before, at }: Moved,
  threshold: number,
): boolean {
  const way = values.map((value, k) => value - before[k]);
  const slope = new Float64Array(at.length);
  let need = 0;
  let most = Number.POSITIVE_INFINITY;
  for (const [k, step] of way.entries()) {
    if (step === 0) continue;
    need += step * needs[k];
    if (step < 0) most = Math.min(most, values[k] / -step);
    for (let j = 0; j < at.length; j++) slope[j] += step * slopes[k][j];
  }
  const root = rootOf({ slope, need, at, low, high, from: 0 }, threshold);
  const length = Math.min(root ?? most, most);
  if (length === Number.POSITIVE_INFINITY) return false;
  for (const [k, step] of way.entries()) values[k] = Math.max(0, values[k] + length * step);
  for (let j = 0; j < at.length; j++) at[j] -= length * slope[j];
  return true;
}

/** Whether a change, made to lie in the box, is in all half-spaces. */
function isIn({ slopes, needs, low, high }: HalfSpaces, at: Float64Array): boolean {
  const scale = Array.from(needs, Math.abs).reduce((most, v) => Math.max(most, v), 0);
  return slopes.every((slope, k) => {
    let left = needs[k];
    for (let j = 0; j < at.length; j++) left += slope[j] * clip(at[j], [low[j], high[j]]);
    return left <= 1e-5 * scale;
  });
}

/**
 * Whether no change in the box is in all half-spaces, because none is in their sum weighted by the multipliers (Farkas' lemma). `at` is
 * minus the slope of that sum.
 */
function isEmpty({ needs, low, high }: HalfSpaces, values: Float64Array, at: Float64Array): boolean {
  let least = 0;
  let size = 0;
  for (const [k, value] of values.entries()) {
    least += value * needs[k];
    size += Math.abs(value * needs[k]);
  }
  for (let j = 0; j < at.length; j++) least -= at[j] > 0 ? at[j] * high[j] : at[j] < 0 ? at[j] * low[j] : 0;
  return least > 1e-9 * size;
}

/** The nearest number to the one made smaller by the threshold, within the bounds of the element. */
function held(value: number, threshold: number, bounds: readonly [number, number]): number {
  const smaller = value > threshold ? value - threshold : value < -threshold ? value + threshold : 0;
  return clip(smaller, bounds);
}

interface Multiplier {
  readonly slope: ArrayLike<number>;
  readonly need: number;
  readonly at: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly from: number;
}

/**
 * The multiplier, from 0 up, at which one half-space is reached while the others stay: the root of a falling, piecewise linear function, by
 * Newton's steps inside an interval. Undefined where the box does not reach it.
 */
function rootOf(multiplier: Multiplier, threshold: number): number | undefined {
  const start = valueAt(multiplier, threshold, 0).value;
  if (start <= 0) return 0;
  let [short, enough] = [0, Number.POSITIVE_INFINITY];
  let value = multiplier.from;
  for (let step = 0; step < ROOT_STEPS; step++) {
    const { value: left, fall } = valueAt(multiplier, threshold, value);
    if (Math.abs(left) <= 1e-12 * start) return value;
    if (left > 0) short = value;
    else enough = value;
    const newton = fall > 0 ? value + left / fall : Number.NaN;
    if (newton > short && newton < enough) value = newton;
    else if (enough < Number.POSITIVE_INFINITY) value = (short + enough) / 2;
    else value = 2 * Math.max(value, LEAST_MULTIPLIER);
  }
  return enough < Number.POSITIVE_INFINITY ? enough : undefined;
}

/** What is left of a half-space at a multiplier, and how fast that falls. */
function valueAt({ slope, need, at, low, high, from }: Multiplier, threshold: number, multiplier: number) {
  let value = need;
  let fall = 0;
  for (let j = 0; j < at.length; j++) {
    if (slope[j] === 0) continue;
    const v = at[j] + (from - multiplier) * slope[j];
    const change = held(v, threshold, [low[j], high[j]]);
    value += change * slope[j];
    if (change > low[j] && change < high[j] && Math.abs(v) > threshold) fall += slope[j] * slope[j];
  }
  return { value, fall };
}

/** p = 1: steps of the proximal point method, each of which has a strictly convex problem. */
function proximal(problem: HalfSpaces, start: Float64Array): Float64Array {
  let change = start;
  const threshold = 4 * start.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const multipliers = multipliersOf(problem);
  for (let step = 0; step < PROXIMAL; step++) {
    const next = solve(problem, multipliers, { base: change, threshold });
    if (next === undefined) break;
    const moved = next.reduce((most, v, j) => Math.max(most, Math.abs(v - change[j])), 0);
    change = next;
    if (moved <= 1e-6 * threshold) break;
  }
  return change;
}

/** p = ∞: the least level at which the box cut to it still reaches all half-spaces. */
function level(problem: HalfSpaces, start: Float64Array): Float64Array {
  const zero = new Float64Array(start.length);
  const multipliers = multipliersOf(problem);
  let best = start;
  let enough = start.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  let short = 0;
  for (let round = 0; round < LEVELS && enough - short > 1e-4 * enough; round++) {
    const middle = (short + enough) / 2;
    const low = problem.low.map((v) => Math.max(v, -middle));
    const high = problem.high.map((v) => Math.min(v, middle));
    const change = solve({ ...problem, low, high }, multipliers, { base: zero, threshold: 0, any: true });
    if (change === undefined) {
      short = middle;
      multipliers.values.fill(0);
    } else [best, enough] = [change, middle];
  }
  return best;
}
