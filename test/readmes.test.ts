import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatWithOptions } from 'node:util';
import { expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The first block of code of a README, and the block of text after it: what the code prints. */
function example(readme: string): { code: string; output: string } {
  const found = /```ts\n(?<code>.*?)```\s+```text\n(?<output>.*?)```/s.exec(readme)?.groups;
  if (found === undefined) throw new Error('expected a block of ts and, after it, one of text');
  return { code: found.code, output: found.output };
}

const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);

for (const name of ['.', ...packages]) {
  test(`the first screen of ${name}/README.md prints what it says`, { timeout: 180_000 }, async () => {
    const { code, output } = example(readFileSync(join(root, name, 'README.md'), 'utf8'));
    const folder = mkdtempSync(join(root, 'test', '.readme-'));
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      writeFileSync(join(folder, 'screen.ts'), code);
      await import(join(folder, 'screen.ts'));
      const printed = log.mock.calls.map((values) => `${formatWithOptions({ colors: false }, ...values)}\n`);
      expect(printed.join('')).toBe(output);
    } finally {
      log.mockRestore();
      rmSync(folder, { recursive: true });
    }
  });
}
