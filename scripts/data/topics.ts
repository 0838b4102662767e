/** User questions by topic, and word vectors, from files in a folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fail } from '@onnxplain/core';
import { readTexts } from '@onnxplain/files';

export interface Question {
  readonly text: string;
  /** Number of the topic. */
  readonly label: number;
}

export type Split = 'train' | 'val' | 'test';

export interface Questions {
  readonly topics: readonly string[];
  readonly splits: Readonly<Record<Split, readonly Question[]>>;
}

const SPLITS: readonly Split[] = ['train', 'val', 'test'];

/**
 * Reads `clinc150_domains.csv` (also .gz; columns split, label, domain, intent, text), the questions of CLINC150 with their 10 domains.
 * Throws `file-missing` and `file-format`.
 */
export function readQuestions(folder: string): Questions {
  const path = join(folder, 'clinc150_domains.csv');
  const { texts, names = [] } = readTexts(bytesOf(path), { where: path });
  const [split, label, topic, text] = ['split', 'label', 'domain', 'text'].map((name) => {
    const at = names.indexOf(name);
    if (at >= 0) return at;
    return fail({ code: 'file-format', where: path, expected: `a column "${name}"`, got: names.join(', ') });
  });
  const topics: string[] = [];
  for (const row of texts) topics[Number(row[label])] = row[topic];
  const of = (which: Split) =>
    texts
      .filter((row) => row[split] === which)
      .map((row) => ({ text: row[text], label: Number(row[label]) }));
  const [train, val, test] = SPLITS.map(of);
  return { topics, splits: { train, val, test } };
}

/** The words of a text: its runs of letters in lower case. Digits and punctuation are left out. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z]+/g) ?? [];
}

export interface WordVectors {
  readonly width: number;
  /** Returns the vector of a word; undefined where it has none. */
  of(word: string): Float32Array | undefined;
}

const WIDTH = 100;

/**
 * Reads `glove100d_subset.f32.bin`, a row of 100 float32 (little endian) for each line of `glove100d_subset.vocab.txt`. Throws
 * `file-missing` and `file-format`.
 */
export function readWordVectors(folder: string): WordVectors {
  const path = join(folder, 'glove100d_subset.f32.bin');
  const words = bytesOf(join(folder, 'glove100d_subset.vocab.txt')).toString('utf8').trimEnd().split('\n');
  const bytes = bytesOf(path);
  if (bytes.length !== words.length * WIDTH * 4) {
    fail({
      code: 'file-format',
      where: path,
      expected: `${words.length} rows of ${WIDTH} float32, one for each word of the vocabulary`,
      got: `${bytes.length} bytes`,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers = Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  const rows = new Map(words.map((word, i) => [word, numbers.subarray(i * WIDTH, (i + 1) * WIDTH)]));
  return { width: WIDTH, of: (word) => rows.get(word) };
}

function bytesOf(path: string): Buffer {
  const file = [path, `${path}.gz`].find((name) => existsSync(name));
  if (file === undefined) {
    return fail({
      code: 'file-missing',
      where: path,
      expected: 'a file, plain or .gz',
      got: 'nothing there',
      remedy: 'Give the folder that has it: --data FOLDER. models/README.md says where the data come from.',
    });
  }
  const raw = readFileSync(file);
  return file.endsWith('.gz') ? gunzipSync(raw) : raw;
}
