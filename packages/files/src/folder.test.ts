import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectWritable } from './disk.js';
import { writeFolder } from './folder.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'onnxplain-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const at = (...names: readonly string[]) => join(root, ...names);
const everything = () => readdirSync(root, { recursive: true }).map(String).toSorted();
const read = (name: string) => readFileSync(at(name), 'utf8');

test('files are written with the folders that they need; those of other names stay', async () => {
  mkdirSync(at('out'));
  writeFileSync(at('out', 'mine.txt'), 'mine');
  writeFileSync(at('out', 'record.json'), 'old');
  const files = new Map<string, Uint8Array | string>([
    ['pictures/a.png', Uint8Array.of(1)],
    ['record.json', 'new'],
  ]);
  await writeFolder(at('out'), files);
  expect(everything()).toEqual([
    'out',
    'out/mine.txt',
    'out/pictures',
    'out/pictures/a.png',
    'out/record.json',
  ]);
  expect(['out/mine.txt', 'out/record.json'].map(read)).toEqual(['mine', 'new']);
});

test('one file that has no place takes all others back: new ones go, replaced ones are as before', async () => {
  mkdirSync(at('out', 'record.json'), { recursive: true });
  writeFileSync(at('out', 'report.html'), 'old');
  const before = everything();
  const files = new Map(['pictures/a.png', 'report.html', 'record.json'].map((name) => [name, 'new']));
  await expect(writeFolder(at('out'), files)).rejects.toMatchObject({ code: 'file-unreadable' });
  expect(everything()).toEqual(before);
  expect(read('out/report.html')).toBe('old');
});

test('a folder that was not there is not there after a failure, nor those it lies in', async () => {
  // A file cannot hold another: the second name is refused when the first is staged.
  const files = new Map(['a', 'a/b'].map((name) => [name, 'new']));
  await expect(writeFolder(at('not', 'there'), files)).rejects.toMatchObject({ code: 'file-unreadable' });
  expect(everything()).toEqual([]);
});

test('to try whether a folder can be written makes none, and takes none away', async () => {
  mkdirSync(at('there'));
  await expectWritable(at('there'));
  await expectWritable(at('not', 'yet', 'there'));
  expect(everything()).toEqual(['there']);
  writeFileSync(at('file'), '');
  await expect(expectWritable(at('file', 'out'))).rejects.toMatchObject({ code: 'file-unreadable' });
  expect(everything()).toEqual(['file', 'there']);
});
