import { fail } from '../error.js';

/** a - b of every pair. Throws `tensor-shape` for arrays of different lengths, and `non-finite` for numbers that are not finite. */
export function differencesOf(where: string, a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length !== b.length) {
    const [expected, got] = ['a number of both for every pair', `${a.length} and ${b.length} numbers`];
    fail({ code: 'tensor-shape', where, expected, got });
  }
  const at = a.findIndex((value, i) => !Number.isFinite(value) || !Number.isFinite(b[i]));
  if (at >= 0) {
    const remedy = 'Leave out the pairs in which a number is missing.';
    fail({
      code: 'non-finite',
      where,
      expected: 'finite numbers',
      got: `${a[at]} and ${b[at]} in pair ${at}`,
      remedy,
    });
  }
  return a.map((value, i) => value - b[i]);
}
