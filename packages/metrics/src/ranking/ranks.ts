import { type Attribution, featureValues, type Key, option, stream } from '@onnxplain/core';

const orders = ['absolute', 'signed'] as const;
/** By what features are ranked. */
export type Order = (typeof orders)[number];

export const orderOption = () =>
  option
    .choice(orders)
    .default('absolute')
    .describe(
      "absolute: features of the greatest |value| come first, as in the authors' program. signed: those of the greatest value. A ranking " +
        'is always taken by its values, with their signs.',
    );

/** How a definition describes the order. */
export const orderDefinition: Readonly<Record<Order, string>> = {
  absolute: 'by |value|, rankings by value; the largest first; ties are broken at random by the key',
  signed: 'by value, the largest first; ties are broken at random by the key',
};

/** The number of each feature by which an attribution ranks it. */
export function importances(
  attribution: Pick<Attribution, 'values' | 'features' | 'kind'>,
  order: Order,
): Float64Array {
  const numbers = featureValues(attribution);
  return order === 'signed' || attribution.kind === 'ranking' ? numbers : numbers.map(Math.abs);
}

/** The rank of each number, 0 for the largest. Equal numbers come in an order that depends on the key only. */
export function ranksOf(numbers: Float64Array, key: Key): Int32Array {
  const random = stream(key);
  const ties = numbers.map(() => random.uniform());
  const order = [...numbers.keys()].sort((a, b) => numbers[b] - numbers[a] || ties[a] - ties[b]);
  const ranks = new Int32Array(numbers.length);
  order.forEach((feature, rank) => {
    ranks[feature] = rank;
  });
  return ranks;
}

/** How many of `count` features a percentage is, rounded down. */
export function countOf(percentage: number, count: number): number {
  // The product first: 29 / 100 * 100 is 28.999...
  return Math.floor((percentage * count) / 100);
}
