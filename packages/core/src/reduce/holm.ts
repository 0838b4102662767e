import { fail } from '../error.js';

/**
 * p-values corrected for how many there are, in the same order: rejecting those of at most α makes any false rejection with probability α
 * at most, whatever the tests have in common. The smallest of m is multiplied by m, the next by m - 1, and so on; none is below that of
 * a smaller one, nor above 1. Throws `option-value` for a number that is not from 0 to 1. Source: Holm 1979.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) {
    fail({
      code: 'option-value',
      where: 'Holm correction',
      expected: 'p-values from 0 to 1',
      got: `${wrong}`,
    });
  }
  const order = [...pValues.keys()].sort((i, j) => pValues[i] - pValues[j]);
  const corrected = [...pValues];
  let floor = 0;
  order.forEach((at, rank) => {
    floor = Math.max(floor, Math.min(1, (pValues.length - rank) * pValues[at]));
    corrected[at] = floor;
  });
  return corrected;
}
