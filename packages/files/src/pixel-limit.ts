import { fail } from '@onnxplain/core';

/** Most pixels of a picture by default. */
export const MOST_PIXELS = 2 ** 26;

export interface PixelLimit {
  /** Larger pictures are refused before anything is unpacked; default: 2^26 pixels. */
  readonly mostPixels?: number;
}

/** Throws `too-large` for a picture of more pixels than the limit, by the size that its header declares. */
export function expectFewPixels(
  { width, height }: { readonly width: number; readonly height: number },
  where: string,
  { mostPixels = MOST_PIXELS }: PixelLimit,
): void {
  if (width * height <= mostPixels) return;
  fail({
    code: 'too-large',
    where,
    expected: `at most ${mostPixels} pixels`,
    got: `${width} x ${height}, which are ${width * height}`,
    remedy: `Scale the picture down, or allow it: --most-pixels ${width * height} (in a program mostPixels).`,
  });
}
