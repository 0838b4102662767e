import { deflateSync } from 'node:zlib';
import { OnnxplainError, type Pixels } from '@onnxplain/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePng } from './png.js';
import { encodePng } from './png-encode.js';

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof OnnxplainError ? error.code : String(error);
  }
  return undefined;
};

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const crc = body.reduce((c, byte) => CRC[(c ^ byte) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff;
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc >>> 0, 4 + body.length);
  return out;
}

interface Raw {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  /** Rows with their filter bytes, before packing. */
  readonly rows: readonly number[];
  readonly palette?: readonly number[];
}

/** A PNG by hand, from the specification: the writer of the library makes no palettes and no 1-bit greys. */
function raw({ width, height, depth, colour, rows, palette }: Raw): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Uint8Array.from(palette))] : []),
    chunk('IDAT', deflateSync(Uint8Array.from(rows))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

test('any picture of 8 or 16 bits comes back as it was written', () => {
  const pictures = fc
    .record({
      width: fc.integer({ min: 1, max: 7 }),
      height: fc.integer({ min: 1, max: 7 }),
      channels: fc.constantFrom(1, 2, 3, 4),
      depth: fc.constantFrom(8, 16),
      seed: fc.nat(),
    })
    .map(({ width, height, channels, depth, seed }): Pixels => {
      const samples = Array.from({ length: width * height * channels }, (_, i) => (seed + i * 7919) % 65536);
      const data = depth === 8 ? Uint8Array.from(samples) : Uint16Array.from(samples);
      return {
        width,
        height,
        channels: channels as Pixels['channels'],
        depth: depth as Pixels['depth'],
        data,
      };
    });
  fc.assert(
    fc.property(pictures, (picture) => {
      expect(decodePng(encodePng(picture), 'x')).toEqual(picture);
    }),
  );
});

test('one-bit grey is black and white, row by row', () => {
  const bytes = raw({ width: 3, height: 2, depth: 1, colour: 0, rows: [0, 0b10100000, 0, 0b01000000] });
  expect([...decodePng(bytes, 'x').data]).toEqual([255, 0, 255, 0, 255, 0]);
});

test('four-bit grey is stretched to 255', () => {
  const bytes = raw({ width: 2, height: 1, depth: 4, colour: 0, rows: [0, 0x0f] });
  expect([...decodePng(bytes, 'x').data]).toEqual([0, 255]);
});

test('a palette becomes RGB', () => {
  const bytes = raw({
    width: 2,
    height: 1,
    depth: 8,
    colour: 3,
    rows: [0, 1, 0],
    palette: [1, 2, 3, 4, 5, 6],
  });
  expect(decodePng(bytes, 'x')).toMatchObject({ channels: 3, depth: 8 });
  expect([...decodePng(bytes, 'x').data]).toEqual([4, 5, 6, 1, 2, 3]);
});

describe('what is no complete PNG', () => {
  const whole = encodePng({ width: 9, height: 9, channels: 3, depth: 8, data: new Uint8Array(243).fill(7) });

  test('is refused at every length', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(codeOf(() => decodePng(whole.subarray(0, length), 'x'))).toBe('file-format');
    }
  });

  test('is refused when a byte of it was changed', () => {
    for (const at of [1, 18, 30, 45, whole.length - 20]) {
      const changed = whole.slice();
      changed[at] ^= 0x15;
      expect(
        codeOf(() => decodePng(changed, 'x')),
        `byte ${at}`,
      ).toMatch(/file-format|too-large/);
    }
  });

  test('is refused when it declares more than 64 million pixels', () => {
    const bomb = raw({ width: 100_000, height: 100_000, depth: 8, colour: 2, rows: [] });
    expect(codeOf(() => decodePng(bomb, 'x'))).toBe('too-large');
  });

  test('is refused when small dimensions hide a large amount of data', () => {
    const rows = Array.from<number>({ length: 200_000 }).fill(0);
    expect(codeOf(() => decodePng(raw({ width: 2, height: 2, depth: 8, colour: 0, rows }), 'x'))).toBe(
      'file-format',
    );
  });
});
