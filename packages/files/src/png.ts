/** Decodes PNG files. The only module that imports fast-png. */
import { inflateSync } from 'node:zlib';
import { counted, fail, type Pixels } from '@onnxplain/core';
import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png';
import { expectFewPixels, type PixelLimit } from './pixel-limit.js';

/**
 * Decodes a PNG file. Palettes become RGB(A); 1, 2 and 4 bit greys are scaled to 0..255.
 * Throws `file-format` for a file that is no complete PNG, and `too-large` above `mostPixels`.
 */
export function decodePng(bytes: Uint8Array, where: string, limit: PixelLimit = {}): Pixels {
  const header = readHeader(bytes, where);
  if (header.width === 0 || header.height === 0) broken(where, `${header.width} x ${header.height} pixels`);
  expectFewPixels(header, where, limit);
  refuseBomb({ bytes, header, where });
  const decoded = guard(where, () => decode(withoutExtras(bytes), { checkCrc: true }));
  if (decoded.palette !== undefined) return fromPalette(decoded, where);
  const { width, height, depth } = decoded;
  const channels = asChannels(decoded.channels, where);
  if (depth < 8) return { width, height, channels, depth: 8, data: unpackGrey(decoded, depth) };
  const data = decoded.data instanceof Uint16Array ? decoded.data : Uint8Array.from(decoded.data);
  return { width, height, channels, depth: depth === 16 ? 16 : 8, data };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function readHeader(bytes: Uint8Array, where: string): Header {
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    return broken(where, `${counted(bytes.length, 'byte')} without a PNG header`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = SAMPLES[view.getUint8(25)];
  if (samples === undefined) return broken(where, `colour type ${view.getUint8(25)}`);
  return { width: view.getUint32(16), height: view.getUint32(20), bitsPerPixel: samples * view.getUint8(24) };
}

/** Unpacks the image data once with a limit of size, because a small file that declares a small picture can unpack to gigabytes. */
function refuseBomb({ bytes, header, where }: { bytes: Uint8Array; header: Header; where: string }): void {
  const { width, height, bitsPerPixel } = header;
  // One filter byte a row; Adam7 interlacing has at most 7 passes of rows, each padded to a byte.
  const limit = Math.ceil((width * bitsPerPixel) / 8) * height + 16 * (height + width) + 64;
  const packed = imageData(bytes, where);
  guard(where, () => inflateSync(packed, { maxOutputLength: limit }));
}

function imageData(bytes: Uint8Array, where: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (at + 12 + length > bytes.length) break;
    if (type === 0x49444154) parts.push(bytes.subarray(at + 8, at + 8 + length));
    if (type === 0x49454e44) return Buffer.concat(parts);
    at += 12 + length;
  }
  return broken(
    where,
    `a file that ends after ${counted(bytes.length, 'byte')}, in the middle of the picture`,
  );
}

/** The chunks that make the picture: the others (texts, colour profiles, further frames) may unpack to any size. */
const CHUNKS: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);

/** Returns a PNG file with the chunks alone that make its picture. */
function withoutExtras(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const next = at + 12 + view.getUint32(at);
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (CHUNKS.has(type)) parts.push(bytes.subarray(at, next));
    at = type === 'IEND' ? bytes.length : next;
  }
  return new Uint8Array(Buffer.concat(parts));
}

function fromPalette(decoded: DecodedPng, where: string): Pixels {
  const { width, height } = decoded;
  const data = guard(where, () => convertIndexedToRgb(decoded));
  return { width, height, channels: data.length === 4 * width * height ? 4 : 3, depth: 8, data };
}

function unpackGrey({ width, height, data }: DecodedPng, depth: number): Uint8Array {
  const bytesPerRow = Math.ceil((width * depth) / 8);
  const top = (1 << depth) - 1;
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * bytesPerRow + (bit >> 3)];
      out[y * width + x] = (((byte >> (8 - depth - (bit & 7))) & top) * 255) / top;
    }
  }
  return out;
}

function asChannels(channels: number, where: string): Pixels['channels'] {
  if (channels === 1 || channels === 2 || channels === 3 || channels === 4) return channels;
  return broken(where, `${channels} channels`);
}

function guard<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    return broken(where, cause instanceof Error ? cause.message : String(cause));
  }
}

function broken(where: string, got: string): never {
  return fail({ code: 'file-format', where, expected: 'a complete PNG picture', got });
}
