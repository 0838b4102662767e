/** docs/bad-inputs.md: each row names a code, and a case of a test that expects it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/bad-inputs.md'), 'utf8');
const codes = [
  ...readFileSync(join(root, 'packages/core/src/error.ts'), 'utf8').matchAll(/^ {2}\| '(.*)'/gm),
].map(([, code]) => code);

const rows = [...page.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, item, rest]) => ({
  item: Number(item),
  cells: rest.split(' | '),
}));

/** Items that are refused: what, the code in backticks, and `FILE`: WORDS. */
const refused = rows.flatMap(({ item, cells }) => {
  const found = /^`(\S+)` \| `(\S+)`: (.*)$/.exec(cells.slice(1).join(' | '));
  return found === null ? [] : [{ item, code: found[1], file: found[2], words: found[3] }];
});

const indentOf = (line: string): number => line.search(/\S|$/);

/** The lines of the case or test that has the words: the line itself, and those after it that belong to it. */
function caseWith(lines: readonly string[], at: number): readonly string[] {
  const end = lines.findIndex((line, i) => i > at && line !== '' && indentOf(line) <= indentOf(lines[at]));
  const isTitleOfCase = /^\s*'.*',$/.test(lines[at]);
  const last = isTitleOfCase
    ? lines.findIndex((line, i) => i > at && line !== '' && indentOf(line) < indentOf(lines[at]))
    : end;
  return lines.slice(at, last);
}

/** The lines from there to the end of the call of `test` or `it`, for cases whose code is in the body. */
const testFrom = (lines: readonly string[], at: number): readonly string[] =>
  lines.slice(at, lines.findIndex((line, i) => i > at && /^ {0,2}\}\);?$/.test(line)) + 1);

const codesIn = (lines: readonly string[]): readonly string[] =>
  codes.filter((code) => lines.some((line) => line.includes(`'${code}'`)));

/** The codes that a case of a test expects: its own ones, or else those of the body of the test. */
function expectedCodes(text: string, words: string): readonly string[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.includes(words) && /['"`]/.test(line));
  if (at < 0) return [];
  const own = codesIn(caseWith(lines, at));
  return own.length > 0 ? own : codesIn(testFrom(lines, at));
}

test('every item is there once, refused by a code or with what happens in its place', () => {
  expect(rows.map(({ item }) => item).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 67 }, (_, i) => i + 1),
  );
  expect(rows.length - refused.length).toBe(8);
});

test.each(refused)('item $item: the case "$words" expects $code', ({ code, file, words }) => {
  expect(expectedCodes(readFileSync(join(root, file), 'utf8'), words)).toContain(code);
});

test('a case has its own code, not that of another case of the same test', () => {
  const text = [
    ...['test.each([', "  ['a cycle', file(1), 'model-invalid'],", '  [', "    'an axis',", '    file(2),'],
    ...[
      "    'model-limit',",
      '  ],',
      "])('%s', (_, bytes, code) => {",
      '  expect(read(bytes)).toBe(code);',
      '});',
    ],
    ...["test('a link', () => {", "  expect(read(3)).toBe('file-missing');", '});'],
  ].join('\n');
  expect(expectedCodes(text, 'a cycle')).toEqual(['model-invalid']);
  expect(expectedCodes(text, 'an axis')).toEqual(['model-limit']);
  expect(expectedCodes(text, 'a link')).toEqual(['file-missing']);
  expect(expectedCodes(text, 'a pipe')).toEqual([]);
});
