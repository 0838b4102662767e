import {
  dot,
  featuresFor,
  functionScore,
  key,
  type Score,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { normalsOf } from './normals.js';

const shape = [2, 4];
const normals = normalsOf(key(5));
const w = normals('w', shape);

/** The input of the tests that enumerate sets of features. */
export const x = normals('x', shape);

/** A function of interactions of every order, of which only the value is known. */
export const f: Score = functionScore({
  shape,
  value: (at) => Math.sin(dot(at, w)) + at.data[0] * at.data[3] * at.data[5],
  gradient: () => zeros(shape),
});

/** Five features of unequal sizes. */
export const labels = tensor([0, 0, 1, 1, 2, 3, 3, 4], shape);

/** f of every set of features, by the number whose bits say which features the set keeps; the others are at the baseline. */
export async function valuesOfSets(baseline: number, features: 'elements' | Tensor): Promise<number[]> {
  const { count, of } = featuresFor('test', shape, { features });
  const values: number[] = [];
  for (let set = 0; set < 2 ** count; set++) {
    const kept = Float64Array.from(x.data, (v, i) => ((set >> of[i]) & 1 ? v : baseline));
    values.push((await f.value(tensor(kept, [1, ...shape])))[0]);
  }
  return values;
}

/** How many features a set keeps. */
export const sizeOfSet = (set: number): number => (set === 0 ? 0 : (set & 1) + sizeOfSet(set >> 1));
