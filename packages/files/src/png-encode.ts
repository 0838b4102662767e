/** Encodes PNG files with the zlib of node, which takes a sixth of the time of one in JavaScript. */
import { crc32, deflateSync } from 'node:zlib';
import type { Pixels } from '@onnxplain/core';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** The colour type of the header, by the number of channels: grey, grey and alpha, RGB, RGBA. */
const COLOUR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/** Makes the bytes of a PNG file with these samples: one chunk of image data, rows unfiltered. */
export function encodePng({ width, height, channels, depth, data }: Pixels): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, depth);
  header.setUint8(9, COLOUR_TYPES[channels]);
  const bytesPerRow = (width * channels * depth) / 8;
  const samples = depth === 16 ? bigEndian(data) : data;
  const rows = new Uint8Array(height * (1 + bytesPerRow));
  for (let y = 0; y < height; y++) {
    // The byte before each row is its filter, 0 for none.
    rows.set(samples.subarray(y * bytesPerRow, (y + 1) * bytesPerRow), y * (1 + bytesPerRow) + 1);
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

function bigEndian(samples: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * samples.length));
  for (let i = 0; i < samples.length; i++) view.setUint16(2 * i, samples[i]);
  return new Uint8Array(view.buffer);
}

/** Makes a chunk: the length of its data, its type, the data, and the checksum of the type and the data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
