import { expect, test } from 'vitest';
import { tokenRuns } from './token-runs.js';

const told = (ids: readonly number[], values: readonly number[]) =>
  tokenRuns(
    ids.map((id) => ({ id })),
    values,
  ).map(({ id, value, times }) => [id, value, times]);

test('four equal tokens in a row are one entry, and three are three', () => {
  expect(told([5, 0, 0, 0, 0], [1, 2, 2, 2, 2])).toEqual([
    [5, 1, 1],
    [0, 2, 4],
  ]);
  expect(told([0, 0, 0], [2, 2, 2])).toEqual([
    [0, 2, 1],
    [0, 2, 1],
    [0, 2, 1],
  ]);
});

test('tokens whose numbers are printed alike belong together, and those with others do not', () => {
  expect(told([0, 0, 0, 0, 0], [2, 2.00001, 2, 2, 2.1])).toEqual([
    [0, 2, 4],
    [0, 2.1, 1],
  ]);
  expect(told([0, 0, 1, 0, 0], [2, 2, 2, 2, 2])).toHaveLength(5);
});

test('no token gets lost, whatever is folded', () => {
  const ids = Array.from({ length: 60 }, (_, i) => (i % 9 < 6 ? 0 : i));
  const values = ids.map((_, i) => (i % 20 < 15 ? 1 : 3));
  const spread = tokenRuns(
    ids.map((id) => ({ id })),
    values,
  ).flatMap(({ id, value, times }) => Array.from({ length: times }, () => [id, value]));
  expect(spread).toEqual(ids.map((id, i) => [id, values[i]]));
});
