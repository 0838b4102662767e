import type { Dim, Dims } from '../ir/types.js';
import { isUnknown, maxDim } from './dim.js';
import type { Elements, Site } from './site.js';

/** Longest formula of a size; a longer one becomes an unknown size. */
const LONGEST = 120;

/**
 * Returns the shape of an elementwise result by ONNX's multidirectional broadcasting; undefined where a rank is unknown. Two different
 * symbols give their maximum, because one of them must be 1 or both must be equal.
 */
export function broadcast(site: Site, shapes: readonly (Dims | undefined)[]): Dims | undefined {
  return shapes.reduce((a, b) =>
    a === undefined || b === undefined ? undefined : broadcastPair(site, a, b),
  );
}

function broadcastPair(site: Site, a: Dims, b: Dims): Dims {
  if (a === b) return a;
  if (a.length < b.length) return broadcastPair(site, b, a);
  const missing = a.length - b.length;
  return a.map((dim, i) => (i < missing ? dim : broadcastDim(site, dim, b[i - missing])));
}

function broadcastDim(site: Site, a: Dim, b: Dim): Dim {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === 'number') return typeof b === 'number' ? site.mismatch('shapes that broadcast') : a;
  if (typeof b === 'number') return b;
  if (isUnknown(a) && isUnknown(b)) return site.unknown();
  const larger = maxDim(a, b);
  return typeof larger === 'string' && larger.length > LONGEST ? site.unknown() : larger;
}

/** Applies a function to the elements of vectors of one length; vectors of one element are broadcast. */
export function zip(
  lists: readonly (Elements | undefined)[],
  f: (...elements: readonly (Dim | undefined)[]) => Dim | undefined,
): Elements | undefined {
  const known = lists.filter((list) => list !== undefined);
  if (known.length < lists.length) return undefined;
  const length = Math.max(...known.map((list) => list.length));
  if (known.some((list) => list.length !== length && list.length !== 1)) return undefined;
  return Array.from({ length }, (_, i) => f(...known.map((list) => list[list.length === 1 ? 0 : i])));
}
