import { expect, test } from 'vitest';
import { counted } from './counted.js';

test('a count of one has the noun in the singular, and 0 and all others in the plural', () => {
  expect([0, 1, 2, 21].map((n) => counted(n, 'finished cell'))).toEqual([
    '0 finished cells',
    '1 finished cell',
    '2 finished cells',
    '21 finished cells',
  ]);
});

test('a plural that is not the noun with an s is given', () => {
  expect([1, 3].map((n) => counted(n, 'class', 'classes'))).toEqual(['1 class', '3 classes']);
});
