import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '@onnxplain/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectWritable, makeFolder, writeWhole } from './disk.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnxplain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (...values: readonly number[]) => Uint8Array.from(values);

test('chunks are written one after the other, and taken when they are', async () => {
  const path = join(folder, 'new', 'model.onnx');
  const seen: number[] = [];
  function* chunks() {
    for (const value of [1, 2, 3]) {
      const written = readdirSync(join(folder, 'new')).map(
        (name) => readFileSync(join(folder, 'new', name)).length,
      );
      seen.push(...written);
      yield bytes(value, value);
    }
  }
  await writeWhole(path, chunks());
  expect([...readFileSync(path)]).toEqual([1, 1, 2, 2, 3, 3]);
  expect(seen).toEqual([0, 2, 4]);
  expect(readdirSync(join(folder, 'new'))).toEqual(['model.onnx']);
});

test('a chunk that cannot be made leaves what was there, and nothing half written', async () => {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, 'before');
  function* chunks() {
    yield new Uint8Array(2 ** 20);
    fail({ code: 'model-invalid', where: 'constant "w"', expected: '4 bytes', got: '8' });
  }
  await expect(writeWhole(path, chunks())).rejects.toMatchObject({ code: 'model-invalid' });
  expect(readdirSync(folder)).toEqual(['model.onnx']);
  expect(readFileSync(path, 'utf8')).toBe('before');
});

test('a place that cannot be written is named, and nothing remains beside it', async () => {
  const path = join(folder, 'taken');
  await writeWhole(join(path, 'inside'), 'a file');
  await expect(writeWhole(path, [bytes(1)])).rejects.toMatchObject({ code: 'file-unreadable' });
  expect(readdirSync(folder)).toEqual(['taken']);
});

test('a folder made for a file that cannot be written is taken away again', async () => {
  function* chunks() {
    yield bytes(1);
    fail({ code: 'model-invalid', where: 'constant "w"', expected: '4 bytes', got: '8' });
  }
  await expect(writeWhole(join(folder, 'new', 'deep', 'model.onnx'), chunks())).rejects.toThrow();
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder is created with its missing parents, which are returned innermost first', async () => {
  const [outer, inner] = [join(folder, 'outer'), join(folder, 'outer', 'inner')];
  expect(await makeFolder(inner)).toEqual([inner, outer]);
  expect(await makeFolder(inner)).toEqual([]);
});

test('folders that two calls create at once are created once', async () => {
  const inner = join(folder, 'outer', 'inner');
  const created = await Promise.all([makeFolder(inner), makeFolder(inner)]);
  expect(created.flat().sort()).toEqual([join(folder, 'outer'), inner]);
});

test('parents of a folder that cannot be created are taken away again', async () => {
  await expect(makeFolder(join(folder, 'outer', 'x'.repeat(300)))).rejects.toThrow();
  expect(readdirSync(folder)).toEqual([]);
});

test.runIf(process.platform === 'linux')('a folder below /proc is refused at once', async () => {
  await expect(expectWritable('/proc/onnxplain/out')).rejects.toMatchObject({
    code: 'file-unreadable',
    diagnosis: { got: 'a place in which no folder can be created (/proc)' },
  });
});
