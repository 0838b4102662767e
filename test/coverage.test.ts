import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { coveragePage } from '../scripts/coverage.js';

test('COVERAGE.md is up to date with the tables; if not, run: npx tsx scripts/coverage.ts', {
  timeout: 120_000,
}, () => {
  expect(readFileSync(join(import.meta.dirname, '../COVERAGE.md'), 'utf8')).toBe(coveragePage());
});
