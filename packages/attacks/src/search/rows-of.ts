import { contentHash, fold, type Key, sizeOf } from '@onnxplain/core';
import type { AttackArguments } from './arguments.js';
import type { AtInputs } from './at-inputs.js';
import { type Floats, floatsLike, freeElementsOf, type SearchRows } from './rows.js';

/** Makes the rows of some sets of a call. */
export function rowsOf(call: AttackArguments, { margins }: AtInputs, sets: readonly number[]): SearchRows {
  const { margin, inputs, free, norm } = call;
  const { shape } = margin;
  const size = sizeOf(shape);
  const { data } = inputs;
  const bounds = boundsWithin(margin.bounds, data);
  const origin = floatsLike(data, sets.length * size);
  const marks = new Uint8Array(origin.length);
  sets.forEach((set, at) => {
    origin.set(data.subarray(free.input[set] * size, (free.input[set] + 1) * size), at * size);
    writeMarks(
      call,
      { set, bounds, origin: origin.subarray(at * size, (at + 1) * size) },
      marks.subarray(at * size),
    );
  });
  return {
    count: sets.length,
    size,
    shape,
    origin,
    inputs: Int32Array.from(sets, (set) => free.input[set]),
    startsAtInput: free.starts === undefined,
    start: startOf(call, sets, { origin, free: marks, bounds }),
    free: marks,
    elements: freeElementsOf(marks, sets.length),
    bounds,
    margins: Float64Array.from(sets, (set) => margins[free.input[set]]),
    keys: (row) => keyOf(call, sets[row]),
    norm,
  };
}

type Bounds = SearchRows['bounds'];

/** Marks the elements of free features, but those outside the bounds. */
function writeMarks(
  { free: { features, free } }: AttackArguments,
  {
    set,
    bounds: [low, high],
    origin,
  }: { readonly set: number; readonly bounds: Bounds; readonly origin: Floats },
  marks: Uint8Array,
): void {
  for (let j = 0; j < origin.length; j++) {
    const isWithin = origin[j] >= low && origin[j] <= high;
    marks[j] = isWithin && free[set * features.count + features.of[j]] !== 0 ? 1 : 0;
  }
}

/** The points where searches begin: the starts of the call, with anchored elements moved back and the others cut at the bounds. */
function startOf(
  { free: { starts } }: AttackArguments,
  sets: readonly number[],
  { origin, free, bounds: [low, high] }: Pick<SearchRows, 'origin' | 'free' | 'bounds'>,
): Floats {
  if (starts === undefined) return origin;
  const start = origin.slice();
  const size = origin.length / sets.length;
  for (let i = 0; i < start.length; i++) {
    const value = starts.data[sets[Math.floor(i / size)] * size + (i % size)];
    if (free[i] !== 0 && Number.isFinite(value)) start[i] = Math.min(high, Math.max(low, value));
  }
  return start;
}

/** A key that depends on the input and the set, not on their places in the call. */
function keyOf({ inputs, free, key }: AttackArguments, set: number): Key {
  const size = inputs.data.length / inputs.shape[0];
  const { input, features } = free;
  const x = inputs.data.subarray(input[set] * size, (input[set] + 1) * size);
  const marks = free.free.subarray(set * features.count, (set + 1) * features.count);
  return fold(key, contentHash({ shape: [size], data: x }, { free: { shape: [marks.length], data: marks } }));
}

/** The least and greatest numbers of the type of the points that lie within the bounds. */
function boundsWithin([low, high]: Bounds, like: Floats): Bounds {
  if (like instanceof Float64Array) return [low, high];
  const inwards = (bound: number, way: number) => {
    const near = Math.fround(bound);
    return (near - bound) * way >= 0 || !Number.isFinite(bound)
      ? near
      : Math.fround(bound + way * Math.abs(bound) * 2 ** -23);
  };
  return [inwards(low, 1), inwards(high, -1)];
}
