import { elementFeatures, type Features, type FreeSets, type Shape } from '@onnxplain/core';

/** Free sets, each given by its input and the marks of its features. */
export function setsOf(
  features: Features,
  sets: readonly (readonly [input: number, marks: ArrayLike<number>])[],
): FreeSets {
  return {
    features,
    free: Uint8Array.from(sets.flatMap(([, marks]) => Array.from(marks))),
    input: Int32Array.from(sets.map(([input]) => input)),
  };
}

/** Free sets of elements of one input, by their marks. */
export const elementSets = (shape: Shape, marks: readonly ArrayLike<number>[]): FreeSets =>
  setsOf(
    elementFeatures(shape),
    marks.map((each) => [0, each] as const),
  );

/** Some of several sets. */
export function pickSets(free: FreeSets, picked: readonly number[]): FreeSets {
  const { count } = free.features;
  return setsOf(
    free.features,
    picked.map((set) => [free.input[set], free.free.subarray(set * count, (set + 1) * count)] as const),
  );
}
