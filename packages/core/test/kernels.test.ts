import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileKernels } from '../../../scripts/compile-kernels.js';

test('the kernels are what their source compiles to', () => {
  const written = readFileSync(join(import.meta.dirname, '../src/kernels/binary.ts'), 'utf8');
  expect(compileKernels()).toBe(written);
});
