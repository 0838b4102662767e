import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { relativePaths } from './relative-paths.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'onnxplain-paths-')));
afterAll(() => rmSync(folder, { recursive: true }));
const [plain, spaced] = ['x.npy', 'two words, one file.npy'].map((name) => join(folder, name));
for (const file of [plain, spaced]) writeFileSync(file, '');
const [near, nearSpaced] = [plain, spaced].map((file) => relative('', file));

test.each([
  [plain, near],
  [spaced, nearSpaced],
  [`mask=${plain}`, `mask=${near}`],
  [`deep-lift(baseline=${plain})`, `deep-lift(baseline=${near})`],
  [`smooth(a("${spaced}"), b(${plain}), draws=2)`, `smooth(a("${nearSpaced}"), b(${near}), draws=2)`],
  [`rows(${plain}) and ${plain}[3]`, `rows(${near}) and ${near}[3]`],
  [`${plain}: expected a, got b`, `${near}: expected a, got b`],
])('in %s the path becomes relative', (text, expected) => {
  expect(relativePaths(text)).toBe(expected);
  expect(resolve(near)).toBe(plain);
});

test.each([
  '/conv1/Conv_output_0',
  'grad-cam("/layer1/Relu")',
  'a / b, km/h',
  'https://example.org/a/b',
  '/tmp',
])('%s stays: it names no file', (text) => {
  expect(relativePaths(text)).toBe(text);
});

test('all texts of plain data change, at any depth, and nothing else', () => {
  const numbers = Float64Array.of(1);
  const data = { a: [{ file: plain }], b: undefined, c: [1, 2], numbers, d: null, e: true };
  expect(relativePaths(data)).toEqual({ ...data, a: [{ file: near }] });
});
