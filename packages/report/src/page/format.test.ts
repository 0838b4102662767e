import { expect, test } from 'vitest';
import { formatSeconds } from './format.js';

test('seconds never round up to a sixtieth', () => {
  expect([0.1234, 59.4, 59.7, 60, 419.8, 420.2].map(formatSeconds)).toEqual([
    '0.123 s',
    '59.4 s',
    '1 min 0 s',
    '1 min 0 s',
    '7 min 0 s',
    '7 min 0 s',
  ]);
});
