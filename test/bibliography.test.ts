import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

const entries = readFileSync(join(root, 'docs/bibliography.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('- '));

/** Source and Markdown of the packages, the pages and the scripts, by path from the root. */
const texts: readonly (readonly [path: string, text: string])[] = ['packages', 'docs', 'scripts', '.']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' })
      .filter((name) => /\.(ts|md)$/.test(name) && !/node_modules|dist\b|\.test\.ts$/.test(name))
      .map((name) => join(root, folder, name)),
  )
  .filter((path) => !path.endsWith('bibliography.md'))
  .map((path) => [relative(root, path), readFileSync(path, 'utf8')]);

const findAll = (pattern: RegExp): readonly (readonly [path: string, found: RegExpMatchArray])[] =>
  texts.flatMap(([path, text]) => [...text.matchAll(pattern)].map((found) => [path, found] as const));

test('every [KEY] of a source is in the bibliography, once', () => {
  const cited = findAll(/\[(?<key>[A-Z][A-Za-z]*\d\d)\]/g);
  expect(cited.length).toBeGreaterThan(0);
  for (const [path, { groups }] of cited) {
    const found = entries.filter((entry) => entry.startsWith(`- **[${groups?.key}]**`));
    expect(found, `[${groups?.key}] of ${path}`).toHaveLength(1);
  }
});

/** One author or several, "et al." or not, and a year. */
const AUTHORS =
  /(?<first>\p{Lu}[\p{L}-]+)(?:(?:,| and|, and| &) \p{Lu}[\p{L}-]+)*(?: et al\.)?,? (?<year>19\d\d|20[012]\d)\b/gu;
/** Words before a year that are not authors. */
const NO_AUTHORS = new Set(['NeurIPS', 'ICLR', 'SC']);

test('every author with a year is in the bibliography', () => {
  const cited = findAll(AUTHORS).filter(([, { groups }]) => !NO_AUTHORS.has(groups?.first ?? ''));
  expect(cited.length).toBeGreaterThan(20);
  const missing = cited.filter(([, { groups }]) => {
    const { first = '', year = '' } = groups ?? {};
    return !entries.some((entry) => entry.includes(first) && entry.includes(`, ${year}.`));
  });
  expect(missing.map(([path, [text]]) => `${text} in ${path}`)).toEqual([]);
});
