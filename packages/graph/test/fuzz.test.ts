import { expect, test } from 'vitest';
import { mutantOf, soundModels } from './fuzz/mutants.js';
import { Defect, survive } from './fuzz/survives.js';

/** Mutants of every run; scripts/fuzz.ts tries more, and runs them. */
const MUTANTS = 2000;

test('2 000 damaged models are each read or refused with a code, and no gradient is written that the reader refuses', () => {
  const defects: string[] = [];
  let slowest = 0;
  for (let i = 0; i < MUTANTS; i++) {
    const { name, bytes } = mutantOf(1, i);
    try {
      slowest = Math.max(slowest, survive(bytes).seconds);
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      defects.push(`${name}: ${error.message}`);
    }
  }
  expect(defects).toEqual([]);
  expect(slowest).toBeLessThan(10);
});

test('equal seeds give equal mutants, and others others', () => {
  expect(mutantOf(3, 7).bytes).toEqual(mutantOf(3, 7).bytes);
  expect(mutantOf(4, 7).bytes).not.toEqual(mutantOf(3, 7).bytes);
});

test.each(soundModels)('$name survives as it is', ({ bytes }) => {
  expect(survive(bytes).seconds).toBeLessThan(10);
});
