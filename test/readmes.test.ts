import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatWithOptions } from 'node:util';
import { expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Example {
  readonly code: string;
  readonly output: string;
}

/** Every block of code of a README that a block of text follows, which is what the code prints. */
function examplesIn(readme: string): readonly Example[] {
  return [...readme.matchAll(/```ts\n(?<code>(?:(?!```).)*)```\s+```text\n(?<output>.*?)```/gs)].map(
    ({ groups }) => ({ code: groups?.code ?? '', output: groups?.output ?? '' }),
  );
}

const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);

const readmes = ['.', ...packages].map((name) => {
  const path = join(name, 'README.md');
  return { path, examples: examplesIn(readFileSync(join(root, path), 'utf8')) };
});

test.each(readmes)('the first example of $path has one import of this library', ({ examples }) => {
  expect(examples.length).toBeGreaterThan(0);
  expect(examples[0].code.match(/from '(?:@onnxplain\/|onnxplain)[^']*'/g)).toHaveLength(1);
});

test('the first screen of README.md has fewer than 15 lines of code', () => {
  const [{ examples }] = readmes;
  expect(examples[0].code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThan(15);
});

for (const { path, examples } of readmes) {
  for (const [i, { code, output }] of examples.entries()) {
    test(`example ${i + 1} of ${path} prints what it says`, { timeout: 180_000 }, async () => {
      const folder = mkdtempSync(join(root, 'test', '.readme-'));
      const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
      try {
        writeFileSync(join(folder, 'screen.ts'), code);
        await import(join(folder, 'screen.ts'));
        const printed = log.mock.calls.map(
          (values) => `${formatWithOptions({ colors: false }, ...values)}\n`,
        );
        expect(printed.join('')).toBe(output);
      } finally {
        log.mockRestore();
        rmSync(folder, { recursive: true });
      }
    });
  }
}
