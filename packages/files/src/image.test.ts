import { OnnxplainError } from '@onnxplain/core';
import jpeg from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { loadImage, type Preprocessing } from './image.js';
import { encodePng } from './png-encode.js';

const plain = (height: number, width: number, more: Partial<Preprocessing> = {}): Preprocessing => ({
  size: [height, width],
  layout: 'nchw',
  channels: 'rgb',
  scale: 1,
  mean: [0],
  std: [1],
  ...more,
});

const rgb = (width: number, height: number, data: readonly number[]) =>
  encodePng({ width, height, channels: 3, depth: 8, data: Uint8Array.from(data) });

const load = (bytes: Uint8Array, how: Preprocessing) => loadImage(bytes, how, 'x.png').tensor;

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof OnnxplainError ? error.code : String(error);
  }
  return undefined;
};

describe('colours', () => {
  const two = rgb(2, 1, [10, 20, 30, 40, 50, 60]);

  test('are planes in nchw and triples in nhwc', () => {
    expect(load(two, plain(1, 2))).toEqual({
      shape: [3, 1, 2],
      data: Float32Array.of(10, 40, 20, 50, 30, 60),
    });
    expect(load(two, plain(1, 2, { layout: 'nhwc' }))).toEqual({
      shape: [1, 2, 3],
      data: Float32Array.of(10, 20, 30, 40, 50, 60),
    });
  });

  test('bgr turns channels round, and mean and std follow the model order', () => {
    const { data } = load(two, plain(1, 2, { channels: 'bgr', mean: [1, 2, 3], std: [1, 2, 1], scale: 0.5 }));
    expect([...data]).toEqual([15 - 1, 30 - 1, (10 - 2) / 2, (25 - 2) / 2, 5 - 3, 20 - 3]);
  });

  test('the picture for reports stays rgb', () => {
    expect([...loadImage(two, plain(1, 2, { channels: 'bgr' }), 'x').picture.rgb]).toEqual([
      10, 20, 30, 40, 50, 60,
    ]);
  });

  test('grey is the luma, and a grey file gives three equal channels', () => {
    expect(load(two, plain(1, 2, { channels: 'grey' })).data[0]).toBeCloseTo(
      0.299 * 10 + 0.587 * 20 + 0.114 * 30,
      4,
    );
    const grey = encodePng({ width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(7) });
    expect([...load(grey, plain(1, 1)).data]).toEqual([7, 7, 7]);
  });

  test('transparency is dropped and 16 bits are scaled to 255', () => {
    const rgba = encodePng({ width: 1, height: 1, channels: 4, depth: 8, data: Uint8Array.of(9, 8, 7, 0) });
    expect([...load(rgba, plain(1, 1)).data]).toEqual([9, 8, 7]);
    const deep = encodePng({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(65535) });
    expect([...load(deep, plain(1, 1)).data]).toEqual([255, 255, 255]);
  });
});

describe('fitting', () => {
  test('a wide picture keeps its middle', () => {
    const wide = rgb(
      4,
      2,
      [0, 1, 2, 3, 0, 1, 2, 3].flatMap((v) => [v * 10, 0, 0]),
    );
    expect([...load(wide, plain(2, 2)).data.subarray(0, 4)]).toEqual([10, 20, 10, 20]);
  });

  test('resize brings the short side to its length before the cut', () => {
    const data = Array.from({ length: 64 }, (_, i) => [i % 8, 0, 0]).flat();
    const { data: out } = load(rgb(8, 8, data), plain(2, 2, { resize: 4 }));
    // 8 columns become 4 of about 0.5, 2.5, 4.5, 6.5; the middle two stay.
    expect(out[0]).toBeCloseTo(2.5, 1);
    expect(out[1]).toBeCloseTo(4.5, 1);
  });
});

describe('files', () => {
  test('a JPEG is told by its bytes, not by its name', () => {
    const data = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => [200, 100, 50, 255][i % 4]);
    const bytes = jpeg.encode({ width: 16, height: 16, data }, 95).data;
    const { data: out } = load(bytes, plain(16, 16));
    expect(Math.abs(out[0] - 200)).toBeLessThan(4);
    expect(Math.abs(out[512] - 50)).toBeLessThan(4);
  });

  test('a JPEG cut short is refused', () => {
    const data = Uint8Array.from({ length: 64 * 64 * 4 }, (_, i) => (i * 7919) % 256);
    const bytes = jpeg.encode({ width: 64, height: 64, data }, 90).data;
    for (const part of [0.1, 0.5, 0.9]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      expect(codeOf(() => load(cut, plain(64, 64)))).toBe('file-format');
    }
  });

  test('a JPEG that declares 65500 x 65500 pixels is refused before decoding', () => {
    const bytes = jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256) }, 50).data;
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(65500, frame + 5);
    bytes.writeUInt16BE(65500, frame + 7);
    expect(codeOf(() => load(bytes, plain(8, 8)))).toBe('too-large');
  });
});

test('an empty file is no picture of either format', () => {
  expect(() => load(new Uint8Array(), plain(8, 8))).toThrow(/a PNG or JPEG picture.*an empty file/);
});

test('the limit of pixels is by the header of either format, and its remedy names a limit that takes the picture', () => {
  const jpegFile = jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256) }, 50).data;
  const pngFile = encodePng({ width: 8, height: 8, channels: 1, depth: 8, data: new Uint8Array(64) });
  for (const file of [jpegFile, pngFile]) {
    const limited = (mostPixels: number) => () => load(file, plain(8, 8, { mostPixels }));
    expect(codeOf(limited(63))).toBe('too-large');
    expect(limited(63)).toThrow(/8 x 8, which are 64. .*--most-pixels 64/);
    expect(codeOf(limited(64))).toBe(undefined);
  }
});
