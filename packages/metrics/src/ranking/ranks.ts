import {
  type Attribution,
  type Features,
  featureValues,
  type Key,
  multiply,
  option,
  stream,
  sumsOver,
} from '@onnxplain/core';

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

/**
 * The number of each of some other features than those of the attribution, such as tokens of an embedded text, by which it ranks them: the
 * sum over their elements, absolute where the order asks for it. For slopes (a local attribution) in absolute order it is the Euclidean
 * norm, because slopes of different elements have no common sum. A number that several elements share counts once.
 */
export function importancesOver(
  attribution: Pick<Attribution, 'values' | 'features' | 'kind'>,
  { count, of }: Features,
  order: Order,
): Float64Array {
  const parts = { count, partOf: (element: number) => of[element] };
  const { values, kind } = attribution;
  const absolute = order === 'absolute' && kind !== 'ranking';
  if (absolute && kind === 'local')
    return sumsOver({ ...attribution, values: multiply(values, values) }, parts).map(Math.sqrt);
  const sums = sumsOver(attribution, parts);
  return absolute ? sums.map(Math.abs) : sums;
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
