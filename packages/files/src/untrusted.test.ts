/** Files from elsewhere: what they may make the program read, and how much memory they may take. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { OnnxplainError } from '@onnxplain/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CardOptions, cardOf, readLabels } from './card.js';
import { readBytes, readSmallFile } from './disk.js';
import { decodeJpeg } from './jpeg.js';
import { readNpz } from './npz.js';
import { decodePng } from './png.js';
import { encodePng } from './png-encode.js';
import { readVocabulary } from './vocabulary.js';

let outside = '';
let folder = '';

beforeAll(() => {
  outside = mkdtempSync(join(tmpdir(), 'onnxplain-'));
  folder = join(outside, 'model');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(outside, 'secret.txt'), 'root\n');
  writeFileSync(join(folder, 'labels.txt'), 'a\nb');
  writeFileSync(join(folder, 'sub', 'labels.txt'), 'c\nd');
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'));
  symlinkSync(join(folder, 'labels.txt'), join(folder, 'inner.txt'));
  symlinkSync(outside, join(folder, 'up'));
});
afterAll(() => rmSync(outside, { recursive: true }));

const codeOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
    return 'none';
  } catch (error) {
    return error instanceof OnnxplainError ? error.code : String(error);
  }
};

const card = (labels: string, options?: CardOptions) =>
  cardOf({ labels }, join(folder, 'm.card.json'), options);

test.each(['labels.txt', './labels.txt', 'sub/labels.txt', 'inner.txt'])(
  'a card may name %s, beside it or below',
  (name) => {
    expect(card(name).classes).toHaveLength(2);
  },
);

test.each([
  '../secret.txt',
  '/etc/passwd',
  'sub/../../secret.txt',
  'link.txt',
  'up/secret.txt',
  '..\\secret.txt',
])('a card may not name %s, outside its folder', async (name) => {
  expect(await codeOf(() => card(name))).toBe('option-value');
  expect(await codeOf(() => cardOf({ vocabulary: name }, join(folder, 'm.card.json')))).toBe('option-value');
});

test('a card may name files of the folder that the user allows', () => {
  expect(card('secret.txt', { externalData: outside }).label(0)).toBe('root');
  for (const name of ['link.txt', '../secret.txt', join(outside, 'secret.txt')])
    expect(card(name, { externalData: outside }).label(0)).toBe('root');
});

test('a file of a card that is not there is reported as missing', async () => {
  expect(await codeOf(() => card('none.txt'))).toBe('file-missing');
});

test('a pipe, a device and a folder are refused before anything is read', async () => {
  const pipe = join(outside, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/zero', folder]) {
    expect(await codeOf(() => readBytes(path))).toBe('file-unreadable');
    expect(await codeOf(() => readSmallFile(path, { expected: 'a text' }))).toBe('file-unreadable');
  }
});

test.each(['4294967294', '1e9', '16777216'])(
  'an id of %s is refused, since it would make a list as long',
  async (id) => {
    const path = join(folder, 'ids.json');
    writeFileSync(path, `{"a": 0, "b": ${id}}`);
    expect(await codeOf(() => readVocabulary(path))).toBe('file-format');
    writeFileSync(path, `{"0": "a", "${Number(id)}": "b"}`);
    expect(await codeOf(() => readLabels(path))).toBe('file-format');
  },
);

test('tokens named as what every object has are tokens like others', () => {
  const path = join(folder, 'names.json');
  writeFileSync(path, '{"constructor": 1, "toString": 0, "hasOwnProperty": 2}');
  expect(readVocabulary(path)).toEqual(['toString', 'constructor', 'hasOwnProperty']);
});

/** The end of an archive with arrays that state these sizes. */
function archiveOf(sizes: readonly number[]): Uint8Array {
  const entries = sizes.map((size) => {
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(5, 28);
    return Buffer.concat([entry, Buffer.from('x.npy')]);
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(sizes.length, 10);
  return new Uint8Array(Buffer.concat([...entries, end]));
}

test('an archive is refused by the bytes that its arrays would have together, before anything is unpacked', async () => {
  expect(await codeOf(() => readNpz(archiveOf([2 ** 31]), 'a.npz'))).toBe('too-large');
  expect(await codeOf(() => readNpz(archiveOf(Array(9).fill(2 ** 27)), 'a.npz'))).toBe('too-large');
  expect(await codeOf(() => readNpz(archiveOf([2 ** 29]), 'a.npz'))).toBe('file-format');
});

test('texts and colour profiles of a PNG are not unpacked', () => {
  const png = encodePng({ width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(7) });
  const bomb = deflateSync(new Uint8Array(2 ** 26), { level: 9 });
  const body = Buffer.concat([Buffer.from('iCCPname\0\0', 'latin1'), bomb]);
  const chunk = Buffer.alloc(8 + body.length);
  chunk.writeUInt32BE(body.length - 4);
  body.copy(chunk, 4);
  // The checksum is wrong: the chunk is not looked at.
  const file = new Uint8Array(Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]));
  const before = process.memoryUsage().arrayBuffers;
  expect([...decodePng(file, 'a.png').data]).toEqual([7]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
});

test('a JPEG of a hundred scans is refused before it is decoded', async () => {
  const frame = Buffer.from('ffd8ffc2000b080040004001011100', 'hex');
  const file = new Uint8Array(
    Buffer.concat([
      frame,
      ...Array<Buffer>(100).fill(Buffer.from('ffda0000', 'hex')),
      Buffer.from('ffd9', 'hex'),
    ]),
  );
  expect(await codeOf(() => decodeJpeg(file, 'a.jpg'))).toBe('too-large');
});
