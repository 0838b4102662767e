import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readIdx } from './idx.js';

const folder = mkdtempSync(join(tmpdir(), 'idx-'));
afterAll(() => rmSync(folder, { recursive: true }));

const two = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255);
const at = (name: string) => join(folder, name);
writeFileSync(at('plain'), two);
writeFileSync(at('packed.gz'), gzipSync(two));
writeFileSync(at('short'), two.subarray(0, 16));
writeFileSync(at('empty'), '');

test.each(['plain', 'packed'])('the %s file gives its axes and bytes in order', (name) => {
  const { dims, bytes } = readIdx(at(name), 2);
  expect(dims).toEqual([2, 3]);
  expect([...bytes]).toEqual([1, 2, 3, 4, 5, 255]);
});

test.each([
  ['a file with too few bytes', 'short', 2, 'file-format'],
  ['a file without a header', 'empty', 2, 'file-format'],
  ['another number of axes', 'plain', 1, 'file-format'],
  ['no file of the name', 'none', 2, 'file-missing'],
])('%s is refused', (_, name, rank, code) => {
  expect(() => readIdx(at(name), rank)).toThrow(expect.objectContaining({ code }));
});
