import { expect, test } from 'vitest';
import { showBars } from './bars.js';

test('bars stand in the order of size, with names, values and signs', () => {
  const text = showBars({ inputs: [1.4, null, 3], values: [-0.5, 0.25, 1], names: ['length', 'width', 'w'] });
  expect(text.trimEnd().split('\n')).toEqual([
    `  w = 3${' '.repeat(15)}1  ${'█'.repeat(24)}`,
    `  length = 1.4${' '.repeat(5)}−0.5  ${'▒'.repeat(12)}`,
    `  width = missing  0.25  ${'█'.repeat(6)}`,
  ]);
});

test('of many features the greatest 20 are shown and the others counted', () => {
  const values = Array.from({ length: 32 }, (_, i) => i);
  const lines = showBars({ inputs: values, values }).trimEnd().split('\n');
  expect(lines).toHaveLength(21);
  expect(lines[0]).toMatch(/^ {2}feature 31 = 31 /);
  expect(lines.at(-1)).toBe('  … 12 more');
});

test('attributions of 0 have no bar', () => {
  expect(showBars({ inputs: [1, 2], values: [0, 0] })).toBe('  feature 0 = 1  0\n  feature 1 = 2  0\n');
});

test('control characters of names do not reach the terminal, and long names are cut', () => {
  const text = showBars({
    inputs: [1, 2],
    values: [2, 1],
    names: ['\u001b[2Jred\nnext\u202e', 'x'.repeat(99)],
  });
  expect(text).toContain('\\u001b[2Jred\\u000anext\\u202e = 1');
  expect(text.split('\n')).toHaveLength(3);
  expect(text).toContain(`${'x'.repeat(39)}… = 2`);
});
