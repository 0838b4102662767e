import { expect, test } from 'vitest';
import { randomCase } from '../../../test/random/random-case.js';
import { interpret } from '../../interpreter/interpret.js';
import { valueFactsOf } from './value-bounds.js';

const COUNT = 400;

/** Returns the values of a random graph that leave their bounds, and the number of values with a finite bound. */
function checked(seed: number): { readonly outside: readonly string[]; readonly bounded: number } {
  const { graph, feeds } = randomCase(seed);
  const facts = valueFactsOf(graph);
  const names = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '');
  const withBounds = names.filter((name) => {
    const { low, high } = facts.bounds(name);
    return Number.isFinite(low) || Number.isFinite(high);
  });
  const values = interpret(graph, feeds, { wanted: withBounds });
  const outside = withBounds.filter((name) => {
    const { low, high } = facts.bounds(name);
    const slack = 1e-9 * Math.max(1, ...[low, high].filter(Number.isFinite).map(Math.abs));
    return Array.from(values[name].data).some((x) => x < low - slack || x > high + slack);
  });
  return { outside, bounded: withBounds.length };
}

test(`every value of ${COUNT} random graphs lies within its bounds`, () => {
  let bounded = 0;
  for (let seed = 0; seed < COUNT; seed++) {
    const found = checked(seed);
    expect(found.outside, `seed ${seed}`).toEqual([]);
    bounded += found.bounded;
  }
  expect(bounded).toBeGreaterThan(COUNT);
});
