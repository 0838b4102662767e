import { describe, expect, it } from 'vitest';
import { OPS, tables } from '../src/index.js';
import { violationOf } from './random/laws.js';
import { randomCase } from './random/random-case.js';
import { show, shrunk } from './random/shrink.js';

const COUNT = 2000;
const BATCH = 100;

/** What is wrong with a graph, cut down; empty when nothing is. */
function told(seed: number): string {
  const one = randomCase(seed);
  const why = violationOf(one);
  if (why === undefined) return '';
  const small = shrunk(one);
  return `${why}\n${show(small)}\n  ${violationOf(small)}`;
}

describe(`${COUNT} random graphs`, () => {
  const batches = Array.from({ length: COUNT / BATCH }, (_, i) => i * BATCH);

  it.each(batches)(
    'have the gradients of differences, once and twice, and at ties of their nodes: from seed %i',
    (from) => {
      for (let seed = from; seed < from + BATCH; seed++) expect(told(seed), `seed ${seed}`).toBe('');
    },
  );

  it('hold every operator that has a rule', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < COUNT; seed++) for (const { op } of randomCase(seed).graph.nodes) seen.add(op);
    const ruled = OPS.filter((op) => typeof tables.gradient[op] === 'function');
    expect(ruled.filter((op) => !seen.has(op))).toEqual([]);
  });
});
