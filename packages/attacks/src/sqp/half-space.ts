import type { Norm } from '@onnxplain/core';

/** A row of the problem of {@link leastSizes}, whose arrays are used again for every row. */
export interface Reach {
  /** How much each unit of an element counts, from 0 up. */
  readonly weights: Float64Array;
  /** The most that each element may change, from 0 to Infinity. */
  readonly rooms: Float64Array;
  /** The result. */
  readonly sizes: Float64Array;
}

/**
 * Writes the sizes of least norm with weights·sizes >= need and sizes <= rooms: the distance to a half-space within a box, exact up to
 * rounding. Returns false where the box does not reach the half-space; the sizes are then those of the corner that comes nearest to it.
 */
export function leastSizes(reach: Reach, norm: Norm, need: number): boolean {
  const { weights, rooms, sizes } = reach;
  if (!(need > 0)) {
    sizes.fill(0);
    return true;
  }
  let most = 0;
  for (let j = 0; j < weights.length; j++) most += weights[j] === 0 ? 0 : weights[j] * rooms[j];
  if (!(most > need)) {
    for (let j = 0; j < weights.length; j++) sizes[j] = weights[j] === 0 ? 0 : rooms[j];
    return most === need;
  }
  if (norm === 'l1') largestFirst(reach, need);
  else if (norm === 'l2') proportional(reach, need);
  else level(reach, need);
  return true;
}

/**
 * p = 2: sizes min(room, λ·weight). Their weighted sum is concave and piecewise linear in λ, so that Newton's steps from 0 never pass its
 * root and end at it after at most as many rounds as there are elements, as a rule after a few.
 */
function proportional({ weights, rooms, sizes }: Reach, need: number): void {
  let factor = 0;
  for (;;) {
    let held = 0;
    let slope = 0;
    for (let j = 0; j < weights.length; j++) {
      if (factor * weights[j] >= rooms[j]) held += weights[j] * rooms[j];
      else slope += weights[j] * weights[j];
    }
    const next = (need - held) / slope;
    if (slope === 0 || !(next > factor)) break;
    factor = next;
  }
  for (let j = 0; j < weights.length; j++) sizes[j] = Math.min(rooms[j], factor * weights[j]);
}

/** p = ∞: sizes min(room, t) where the weight is not 0, by the same steps for t. */
function level({ weights, rooms, sizes }: Reach, need: number): void {
  let size = 0;
  for (;;) {
    let held = 0;
    let slope = 0;
    for (let j = 0; j < weights.length; j++) {
      if (weights[j] === 0) continue;
      if (size >= rooms[j]) held += weights[j] * rooms[j];
      else slope += weights[j];
    }
    const next = (need - held) / slope;
    if (slope === 0 || !(next > size)) break;
    size = next;
  }
  for (let j = 0; j < weights.length; j++) sizes[j] = weights[j] === 0 ? 0 : Math.min(rooms[j], size);
}

/**
 * p = 1: elements change by all their room in the order of their weights, largest first, until the need is met. The least weight that
 * changes is found by halving an interval of weights until no number lies between its ends, so that nothing is sorted.
 */
function largestFirst({ weights, rooms, sizes }: Reach, need: number): void {
  let low = 0;
  let high = 0;
  for (let j = 0; j < weights.length; j++) high = Math.max(high, weights[j]);
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (heldAbove({ weights, rooms }, middle) >= need) low = middle;
    else high = middle;
  }
  let rest = need - heldAbove({ weights, rooms }, high);
  for (let j = 0; j < weights.length; j++) {
    sizes[j] = weights[j] > high ? rooms[j] : 0;
    if (!(weights[j] > low && weights[j] <= high)) continue;
    sizes[j] = Math.min(rooms[j], Math.max(0, rest / weights[j]));
    rest -= sizes[j] * weights[j];
  }
}

/** The weighted sum of the rooms of all elements with a weight above a limit. */
function heldAbove({ weights, rooms }: Pick<Reach, 'weights' | 'rooms'>, limit: number): number {
  let held = 0;
  for (let j = 0; j < weights.length; j++) if (weights[j] > limit) held += weights[j] * rooms[j];
  return held;
}
