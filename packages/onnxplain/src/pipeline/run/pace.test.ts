import { expect, test } from 'vitest';
import { paceOf } from './pace.js';

/** Says after each cell what was said, for cells of so many seconds. */
function told(seconds: { explain: number; measure: number }, inputs: number): readonly string[] {
  let clock = 100;
  const said: string[] = [];
  const pace = paceOf({
    perInput: { explain: 2, measure: 1 },
    say: (text) => said.push(text),
    now: () => clock,
  });
  for (const [stage, count] of [
    ['explain', 2],
    ['measure', 1],
  ] as const) {
    for (let done = 1; done <= count * inputs; done++) {
      clock += seconds[stage];
      pace({ stage, done, total: count * inputs });
    }
  }
  return said;
}

test('the first input of each stage says how long the other cells of that stage take', () => {
  expect(told({ explain: 3, measure: 30 }, 11)).toEqual([
    '2 explanations took 6 s: about 60 s for the 20 others',
    '1 measurement took 30 s: about 5 min for the 10 others',
  ]);
});

test('one cell that is left is named by itself', () => {
  expect(told({ explain: 1, measure: 30 }, 2)).toEqual(['1 measurement took 30 s: about 30 s for the other']);
});

test('nothing is said of a run that ends soon, and of one with a single input', () => {
  expect(told({ explain: 0.1, measure: 0.1 }, 11)).toEqual([]);
  expect(told({ explain: 300, measure: 300 }, 1)).toEqual([]);
});
