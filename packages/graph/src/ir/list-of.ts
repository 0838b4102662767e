import { fail } from '@onnxplain/core';

/** Most entries of a list that is made from sizes in a model: larger ones would fill the memory. */
const LARGEST = 2 ** 24;

/** Returns [value(0), value(1), ...] with as many entries as a size in a model says. Throws `too-large` above 2^24 entries. */
export function listOf<T>(count: number, value: (i: number) => T): T[] {
  if (count <= LARGEST) return Array.from({ length: count }, (_, i) => value(i));
  return fail({
    code: 'too-large',
    where: 'graph',
    expected: `at most ${LARGEST} entries of a constant that the graph needs`,
    got: `${count}`,
    remedy: 'Use a model with smaller windows or fewer classes.',
  });
}
