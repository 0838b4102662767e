import { fold, type Key, type Stream, stream } from '@onnxplain/core';
import { addElements, type ElementMoments, noMoments, standardError } from '../smooth/elementwise.js';

/** Evaluates f of n inputs; `mark` writes 1 for each removed feature of input i into a row of zeros. */
type Values = (n: number, mark: (removed: Uint8Array, i: number) => void) => Promise<Float64Array>;

/** f at the baseline and at x. */
export interface ScoreEnds {
  readonly atStart: number;
  readonly atX: number;
}

/** One number for each feature. */
export interface Permuted {
  readonly numbers: Float64Array;
  /** Absent for one pair of permutations. */
  readonly stderr?: Float64Array;
  /** How many inputs were evaluated. */
  readonly evaluated: number;
}

/**
 * The mean rise of f as a feature joins those before it in a permutation, over pairs of a random permutation and its reverse. Pair i
 * depends on (d, key, i) only. The standard error is that of the mean over pairs. Evaluates f for 2·(d - 1) inputs a pair.
 */
export async function permutationValues(
  values: Values,
  { d, pairs, ends }: { readonly d: number; readonly pairs: number; readonly ends: ScoreEnds },
  key: Key,
): Promise<Permuted> {
  const orders = Array.from({ length: pairs }, (_, pair) => permutation(d, stream(fold(key, pair))));
  const each = 2 * (d - 1);
  const found = await values(pairs * each, (removed, i) => {
    const within = i % each;
    const backward = within >= d - 1;
    const kept = (within % (d - 1)) + 1;
    const order = orders[Math.floor(i / each)];
    removed.fill(1);
    for (let place = 0; place < kept; place++) removed[order[backward ? d - 1 - place : place]] = 0;
  });
  let moments: ElementMoments = noMoments([d]);
  orders.forEach((order, pair) => {
    const inner = (from: number) => found.subarray(from, from + d - 1);
    const rises = new Float64Array(d);
    addRises(rises, order, [ends.atStart, ...inner(pair * each), ends.atX]);
    addRises(rises, order.toReversed(), [ends.atStart, ...inner(pair * each + d - 1), ends.atX]);
    moments = addElements(moments, { shape: [d], data: rises }, 1);
  });
  const stderr = standardError(moments)?.data;
  return {
    numbers: moments.mean,
    ...(stderr && { stderr: Float64Array.from(stderr) }),
    evaluated: pairs * each,
  };
}

/** Adds half of the rise that each feature of an order brings. */
function addRises(rises: Float64Array, order: Int32Array, values: readonly number[]): void {
  order.forEach((feature, place) => {
    rises[feature] += (values[place + 1] - values[place]) / 2;
  });
}

/** Source: the shuffle of Fisher and Yates. */
function permutation(d: number, random: Stream): Int32Array {
  const order = Int32Array.from({ length: d }, (_, i) => i);
  for (let last = d - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** The Shapley values of all sets of d features, from f of each: its number in binary says which features the set keeps. */
export function exactValues(ofSets: Float64Array, d: number): Float64Array {
  const weights = weightsOfSizes(d);
  const numbers = new Float64Array(d);
  for (let set = 0; set < ofSets.length; set++) {
    const size = sizeOfSet(set);
    for (let feature = 0; feature < d; feature++) {
      const bit = 2 ** feature;
      if ((set & bit) === 0) numbers[feature] += weights[size] * (ofSets[set + bit] - ofSets[set]);
    }
  }
  return numbers;
}

/** Weight of the rise on a set of s of the d - 1 other features: s!·(d - s - 1)!/d! */
function weightsOfSizes(d: number): Float64Array {
  const weights = new Float64Array(d).fill(1 / d);
  for (let s = 1; s < d; s++) weights[s] = (weights[s - 1] * s) / (d - s);
  return weights;
}

function sizeOfSet(set: number): number {
  let size = 0;
  for (let rest = set; rest > 0; rest >>>= 1) size += rest & 1;
  return size;
}
