/** docs/bad-inputs.md: each row names a code, and a test in which the code is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/bad-inputs.md'), 'utf8');
const codes = readFileSync(join(root, 'packages/core/src/error.ts'), 'utf8');

const rows = [...page.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, item, rest]) => ({
  item: Number(item),
  cells: rest.split(' | ').map((cell) => cell.replaceAll('`', '')),
}));
const refused = rows.filter(({ cells }) => cells.length === 3);

test('every item is there once', () => {
  expect(rows.map(({ item }) => item).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 67 }, (_, i) => i + 1),
  );
});

test.each(refused)('item $item: the code exists and the test has it', ({ cells: [, code, file] }) => {
  expect(codes).toContain(`'${code}'`);
  expect(readFileSync(join(root, file), 'utf8')).toContain(`'${code}'`);
});
