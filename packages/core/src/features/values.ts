import { sum } from '../tensor/arithmetic.js';
import { norm } from '../tensor/norm.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import type { Attribution } from '../types/attribution.js';

type Valued = Pick<Attribution, 'values' | 'features'>;

/** The numbers of an attribution, each once: one a feature, in their order; all elements where every one is a feature of its own. */
export function featureValues({ values, features }: Valued): Float64Array {
  if (features === undefined) return Float64Array.from(values.data);
  const numbers = new Float64Array(features.count);
  features.of.forEach((feature, i) => {
    numbers[feature] = values.data[i];
  });
  return numbers;
}

/** Sum and l2 norm of an attribution's numbers, each counted once. */
export function sizeOfAttribution(attribution: Valued): { readonly sum: number; readonly norm: number } {
  const numbers = featureValues(attribution);
  const vector = tensor(numbers, [numbers.length]);
  return { sum: sum(vector), norm: norm(vector, 'l2') };
}

/**
 * Sums over parts of an input, each number counted once in a part: `partOf` has the part of each element, from 0 to count - 1. A feature
 * that lies in several parts counts in each.
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
 * An attribution's values with each number shared evenly among the elements of its feature: what a mask of elements is dotted with, so
 * that removing a whole feature takes its number once, and half of it half.
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
