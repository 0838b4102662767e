import { expect, test } from 'vitest';
import { shownBytes, shownCount, shownSeconds } from './shown-cost.js';

test.each([
  [999, '999'],
  [1_200_000, '1 200 000'],
  [1e18, '1.0e18'],
])('%d is written as %s', (count, text) => expect(shownCount(count)).toBe(text));

test.each([
  [500, '500 bytes'],
  [3.24e9, '3.2 GB'],
  [7e16, '70 PB'],
])('%d bytes are written as %s', (bytes, text) => expect(shownBytes(bytes)).toBe(text));

test.each([
  [45, '45 s'],
  [119, '120 s'],
  [720, '12 min'],
  [12_240, '3.4 h'],
  [432_000, '5 days'],
  [86_400 * 365 * 40, '40 years'],
])('%d seconds are written as %s', (seconds, text) => expect(shownSeconds(seconds)).toBe(text));
