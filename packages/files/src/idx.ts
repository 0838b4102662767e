import { existsSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { counted, fail } from '@onnxplain/core';
import { readSmallFile } from './disk.js';

/** An array of bytes in row-major order. */
export interface IdxArray {
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** The type of bytes in the header of an idx file. */
const BYTES = 0x800;

/**
 * Reads an array of bytes with `rank` axes from an idx file, the format of the MNIST database. Reads `path`, or the compressed `path.gz`
 * where that exists instead. Throws `file-missing`, `file-unreadable`, and `file-format` for a header or a length that does not fit.
 */
export function readIdx(path: string, rank: number): IdxArray {
  const file = existsSync(path) ? path : `${path}.gz`;
  const raw = readSmallFile(file, { expected: `an idx file, ${path} or ${path}.gz` });
  const bytes = file.endsWith('.gz') ? gunzipSync(raw) : raw;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 + 4 * rank || view.getUint32(0) !== BYTES + rank)
    refuse(file, `an idx file of ${rank} axes of bytes`, 'another header');
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const body = bytes.subarray(4 + 4 * rank);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (body.length !== size) refuse(file, `${counted(size, 'byte')} of data`, `${body.length}`);
  return { dims, bytes: body };
}

const refuse = (where: string, expected: string, got: string): never =>
  fail({ code: 'file-format', where, expected, got });
