import { expect, test } from 'vitest';
import { isLower, pairedDifference, summarise } from '../scripts/claims.js';

test('the standard error of 1, 2, 3, 4 is sqrt(5/12)', () => {
  const summary = summarise([1, 2, 3, 4]);
  expect(summary.mean).toBe(2.5);
  expect(summary.stderr).toBeCloseTo(Math.sqrt(5 / 12), 14);
});

test('a difference that every input shares is decided although the inputs differ a lot', () => {
  const b = [1, 100, 10_000, 3];
  const a = b.map((value, i) => value - 1 - 0.01 * i);
  expect(pairedDifference(a, b).mean).toBeCloseTo(-1.015, 10);
  expect(isLower(a, b)).toBe('holds');
  expect(isLower(b, a)).toBe('does not hold');
});

test('a difference whose interval holds 0 is undecided, which at two inputs 6 standard errors are not enough for', () => {
  expect(isLower([1, 2, 3], [3, 2, 1])).toBe('undecided');
  expect(isLower([1, 1], [1.7, 1.5])).toBe('undecided');
  expect(isLower([1, 1, 1, 1], [1.7, 1.5, 1.7, 1.5])).toBe('holds');
  expect(isLower([1], [2])).toBe('undecided');
});
