import { sum } from '../tensor/arithmetic.js';
import { norm } from '../tensor/norm.js';
import { type Shape, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import type { Attribution, Features } from '../types/attribution.js';

type Valued = Pick<Attribution, 'values' | 'features'>;

/** Returns one number for each feature of an attribution, in the order of the features; all elements where it has no features. */
export function featureValues({ values, features }: Valued): Float64Array {
  if (features === undefined) return Float64Array.from(values.data);
  const numbers = new Float64Array(features.count);
  features.of.forEach((feature, i) => {
    numbers[feature] = values.data[i];
  });
  return numbers;
}

/**
 * Returns the values of an attribution with this number for each feature, in the order of the features: every element has its feature's
 * number. `features` is left out where every element is a feature of its own.
 */
export function valuesOfFeatures(numbers: Float64Array, features: Features, shape: Shape): Valued {
  const values = tensor(
    Float64Array.from(features.of, (feature) => numbers[feature]),
    shape,
  );
  return { values, ...(features.count < sizeOf(shape) && { features }) };
}

/** Whether two attributions explain the same features; undefined stands for all elements one by one. */
export function sameFeatures(a: Features | undefined, b: Features | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || (a.count === b.count && a.of.every((feature, i) => feature === b.of[i]));
}

/** Whether all elements of a feature have one number: those of another partition of the input do not. */
export function isConstantOn({ values, features }: Valued): boolean {
  if (features === undefined) return true;
  const numbers = featureValues({ values, features });
  return features.of.every((feature, i) => Object.is(values.data[i], numbers[feature]));
}

/** Returns the sum and the l2 norm of an attribution's numbers, each feature counted once. */
export function sizeOfAttribution(attribution: Valued): { readonly sum: number; readonly norm: number } {
  const numbers = featureValues(attribution);
  const vector = tensor(numbers, [numbers.length]);
  return { sum: sum(vector), norm: norm(vector, 'l2') };
}

/**
 * Sums an attribution over parts of an input, each feature counted once in a part. `partOf` returns the part of an element, from 0 to
 * count - 1. A feature that lies in several parts is counted in each.
 */
export function sumsOver(
  { values, features }: Valued,
  { count, partOf }: { readonly count: number; readonly partOf: (element: number) => number },
): Float64Array {
  const sums = new Float64Array(count);
  const seen = new Set<number>();
  values.data.forEach((value, i) => {
    const part = partOf(i);
    if (features !== undefined) {
      const pair = part * features.count + features.of[i];
      if (seen.has(pair)) return;
      seen.add(pair);
    }
    sums[part] += value;
  });
  return sums;
}

/**
 * Divides the number of each feature evenly among its elements. A mask of elements is dotted with the result, so that removing a whole
 * feature counts its number once, and removing half of it counts half.
 */
export function sharedValues({ values, features }: Valued): Tensor {
  if (features === undefined) return values;
  const members = new Float64Array(features.count);
  for (const feature of features.of) members[feature]++;
  return tensor(
    Float64Array.from(values.data, (value, i) => value / members[features.of[i]]),
    values.shape,
  );
}
