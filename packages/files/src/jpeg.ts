/** Decodes JPEG files. The only module that imports jpeg-js. */
import { counted, fail, type Pixels } from '@onnxplain/core';
import jpeg from 'jpeg-js';
import { expectFewPixels, MOST_PIXELS, type PixelLimit } from './pixel-limit.js';

/** What decoding takes at most, with its tables. */
const BYTES_PER_PIXEL = 32;

/** Decodes a JPEG file to RGB samples. Throws `file-format` for a file that is no JPEG or is cut short, `too-large` for a huge picture. */
export function decodeJpeg(bytes: Uint8Array, where: string, limit: PixelLimit = {}): Pixels {
  const size = declaredSize(bytes, where);
  expectFewPixels(size, where, limit);
  const most = Math.max(MOST_PIXELS, size.width * size.height);
  expectFewScans(bytes, where);
  if (!endsAsJpeg(bytes)) {
    return broken(
      where,
      `a file that ends after ${counted(bytes.length, 'byte')}, in the middle of the picture`,
    );
  }
  try {
    const { width, height, data } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxMemoryUsageInMB: (most * BYTES_PER_PIXEL) / 2 ** 20,
      maxResolutionInMP: most / 1e6,
    });
    return { width, height, channels: 3, depth: 8, data };
  } catch (cause) {
    return broken(where, cause instanceof Error ? cause.message : String(cause));
  }
}

/** Reads width and height from the frame header (SOF0 to SOF15, without DHT, JPG and DAC), before anything is decoded. */
function declaredSize(bytes: Uint8Array, where: string): { width: number; height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8)
    return broken(where, 'bytes that do not start as one');
  for (let at = 2; at + 9 <= bytes.length; ) {
    const marker = view.getUint16(at);
    if (marker === 0xffff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker < 0xff01) break;
    at += 2 + view.getUint16(at + 2);
  }
  return broken(where, 'no frame header');
}

/** Most scans of a progressive picture: encoders write about ten, and each is a pass over all pixels. */
const MOST_SCANS = 64;

function expectFewScans(bytes: Uint8Array, where: string): void {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1))
    if (bytes[at + 1] === 0xda) scans++;
  if (scans <= MOST_SCANS) return;
  fail({
    code: 'too-large',
    where,
    expected: `at most ${MOST_SCANS} scans`,
    got: `${scans}`,
    remedy: 'Save the picture again, as a baseline JPEG or as PNG.',
  });
}

/** Whether the end marker is among the last bytes; some cameras append padding to it. */
function endsAsJpeg(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(-4096)).includes(Buffer.from([0xff, 0xd9]));
}

function broken(where: string, got: string): never {
  return fail({ code: 'file-format', where, expected: 'a complete JPEG picture', got });
}
