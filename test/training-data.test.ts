/** The data of the training scripts: CIFAR-10 files, pictures with captions, questions with word vectors. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fold, key } from '@onnxplain/core';
import { encodePng } from '@onnxplain/files';
import { afterAll, expect, test } from 'vitest';
import { captioned, wordFor } from '../scripts/data/captions.js';
import { cifarBytes, readCifar } from '../scripts/data/cifar.js';
import { readQuestions, readWordVectors, wordsOf } from '../scripts/data/topics.js';

const root = mkdtempSync(join(tmpdir(), 'onnxplain-data-'));
afterAll(() => rmSync(root, { recursive: true }));

function folderOf(name: string, files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  return folder;
}

/** The level of a colour of a pixel of picture i. */
const level = (i: number, { colour, pixel }: { colour: number; pixel: number }) =>
  (7 * i + 50 * colour + pixel) % 256;

/** Records of the binary form, written from its definition. */
const record = (i: number) =>
  Uint8Array.from([
    i,
    ...[0, 1, 2].flatMap((colour) => Array.from({ length: 1024 }, (_, pixel) => level(i, { colour, pixel }))),
  ]);

const expectRecords = ({ pixels, labels }: ReturnType<typeof readCifar>, count: number) => {
  expect([...labels]).toEqual(Array.from({ length: count }, (_, i) => i));
  expect(pixels).toHaveLength(count * 3072);
  for (let i = 0; i < count; i++)
    expect(pixels.subarray(i * 3072, (i + 1) * 3072)).toEqual(Buffer.from(record(i).subarray(1)));
};

test('binary batches are read in order, plain or compressed, and written as they were', () => {
  const [one, two] = [Buffer.concat([record(0), record(1)]), Buffer.from(record(2))];
  const folder = folderOf('binary', {
    'data_batch_1.bin': one,
    'data_batch_2.bin.gz': gzipSync(two),
    'test_batch_first5000.bin.gz': gzipSync(record(0)),
  });
  const read = readCifar(folder, 'train');
  expectRecords(read, 3);
  expectRecords(readCifar(folder, 'test'), 1);
  expect(Buffer.from(cifarBytes(read))).toEqual(Buffer.concat([one, two]));
});

test('pictures with a row for each example give the records of the binary form', () => {
  const rows = [0, 1].flatMap((i) =>
    Array.from({ length: 1024 }, (_, pixel) => [0, 1, 2].map((colour) => level(i, { colour, pixel }))).flat(),
  );
  const picture = encodePng({ width: 1024, height: 2, channels: 3, depth: 8, data: Uint8Array.from(rows) });
  const folder = folderOf('png', { 'test_batch.png': picture, 'test_lables.json': '[0,1]' });
  expectRecords(readCifar(folder, 'test'), 2);
});

test('a folder without batches, a cut file and missing labels are refused by name', () => {
  const cut = folderOf('cut', { 'test_batch.bin': record(0).subarray(1) });
  expect(() => readCifar(cut, 'test')).toThrow(/test_batch\.bin: expected records of 3073 bytes, got 3072/);
  expect(() => readCifar(cut, 'train')).toThrow(/no train batches\. npx tsx scripts\/data\.ts cifar10/);
  expect(() => readQuestions(cut)).toThrow(/clinc150_domains\.csv.*nothing there.*--data FOLDER/);
});

test('a caption is the picture above a black square in which its word is written in white', () => {
  const picture = Uint8Array.from({ length: 3072 }, (_, i) => i % 251);
  const places = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const all = captioned({ picture, word: 'frog' }, fold(key(1), i));
    for (let colour = 0; colour < 3; colour++) {
      const plane = all.subarray(colour * 2048, (colour + 1) * 2048);
      const upper = Float32Array.from({ length: 1024 }, (_, p) => picture[colour * 1024 + p] / 255);
      expect(plane.subarray(0, 1024)).toEqual(upper);
      const lower = plane.subarray(1024);
      expect(new Set(lower)).toEqual(new Set([0, 1]));
      expect(lower.filter((v) => v === 1)).toHaveLength(11 + 9 + 12 + 16);
      const columns = [...lower.keys()].filter((p) => lower[p] === 1).map((p) => p % 32);
      expect(Math.max(...columns) - Math.min(...columns)).toBe(22);
      places.add(lower.indexOf(1));
    }
  }
  expect(places.size).toBeGreaterThan(10);
});

test('a word is wrong half as often as it is drawn at random', () => {
  const words = ['bird', 'frog'];
  const wrong = (noise: number) =>
    Array.from({ length: 4000 }, (_, i) => wordFor({ words, label: i % 2, noise }, fold(key(2), i))).filter(
      (word, i) => word !== words[i % 2],
    ).length / 4000;
  expect(wrong(0)).toBe(0);
  // Four standard errors of a share of 0.3 in 4000 are 0.029.
  expect(Math.abs(wrong(0.6) - 0.3)).toBeLessThan(0.029);
});

test('questions have their split, topic and words; words have their vectors', () => {
  const table =
    'split,label,domain,intent,text\ntrain,1,travel,x,"Where to, Bob?"\ntest,0,home,x,it\'s 5 o\'clock\n';
  const vectors = Float32Array.from({ length: 200 }, (_, i) => i / 8);
  const folder = folderOf('topics', {
    'clinc150_domains.csv': table,
    'glove100d_subset.vocab.txt': 'where\nbob\n',
    'glove100d_subset.f32.bin': new Uint8Array(vectors.buffer),
  });
  const { topics, splits } = readQuestions(folder);
  expect(topics).toEqual(['home', 'travel']);
  expect(splits).toEqual({
    train: [{ text: 'Where to, Bob?', label: 1 }],
    val: [],
    test: [{ text: "it's 5 o'clock", label: 0 }],
  });
  expect(wordsOf("It's 5 o'clock, Bob")).toEqual(['it', 's', 'o', 'clock', 'bob']);
  const { of } = readWordVectors(folder);
  expect(of('bob')).toEqual(vectors.subarray(100));
  expect(of('alice')).toBeUndefined();
});
