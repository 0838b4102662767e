import { fail, type Picture, type Pixels, type Tensor, tensor } from '@onnxplain/core';
import { decodeJpeg } from './jpeg.js';
import type { PixelLimit } from './pixel-limit.js';
import { decodePng } from './png.js';
import { type PlaneSize, resize, type SamplePlane } from './resize.js';

export type PictureSize = readonly [height: number, width: number];

/** How a picture becomes a model's input. */
export interface Preprocessing extends PixelLimit {
  /**
   * Height and width of the input. The picture's short side is scaled to `resize`, then the middle is cut out. Undefined where neither the
   * model nor an option gives the size: pictures are then refused.
   */
  readonly size: PictureSize | undefined;
  /** Length of the short side before cropping; default: the least that covers `size`. */
  readonly resize?: number;
  readonly layout: 'nchw' | 'nhwc';
  readonly channels: 'rgb' | 'bgr' | 'grey';
  /** Factor of the pixels, which are 0..255: 1/255 for models that take 0..1. */
  readonly scale: number;
  /** Subtracted after scaling: one number, or one for each channel in the model's order. */
  readonly mean: readonly number[];
  /** Divisor after subtracting. */
  readonly std: readonly number[];
}

export interface LoadedImage {
  /** One input, [c, h, w] or [h, w, c]. */
  readonly tensor: Tensor;
  /** The same picture before scaling, for reports. */
  readonly picture: Picture;
  /** The picture in the file. */
  readonly original: OriginalPicture;
}

/** The size and the colours of a picture in its file. */
export interface OriginalPicture {
  readonly size: PictureSize;
  readonly colours: 'grey' | 'colour';
}

/**
 * Reads a picture file (PNG or JPEG, recognised by its first bytes) as an input of the model. Grey becomes RGB by repetition, RGB becomes
 * grey by the weights of ITU-R BT.601; transparency is dropped, as Pillow's convert('RGB') does; 16 bit samples are scaled to 0..255.
 * Throws `option-value` where the size is not known, `file-format` for other files.
 */
export function loadImage(bytes: Uint8Array, preprocessing: Preprocessing, where: string): LoadedImage {
  const how = { ...preprocessing, size: preprocessing.size ?? refuseOpenSize(where) };
  if (bytes.length === 0) {
    fail({ code: 'file-format', where, expected: 'a PNG or JPEG picture', got: 'an empty file' });
  }
  const pixels = bytes[0] === 0xff ? decodeJpeg(bytes, where, how) : decodePng(bytes, where, how);
  const planes = how.channels === 'grey' ? [greyOf(pixels)] : colourOf(pixels);
  const cropped = planes.map((plane) => fit(plane, { width: pixels.width, height: pixels.height }, how));
  if (how.channels === 'bgr') cropped.reverse();
  return { tensor: normalised(cropped, how), picture: pictureOf(cropped, how), original: originalOf(pixels) };
}

const originalOf = ({ width, height, channels }: Pixels): OriginalPicture => ({
  size: [height, width],
  colours: channels < 3 ? 'grey' : 'colour',
});

function refuseOpenSize(where: string): never {
  return fail({
    code: 'option-value',
    where: `size of ${where}`,
    expected: 'height and width of the input, which the model leaves open',
    got: 'nothing',
    remedy: 'Give --size, or "size" in the model card.',
  });
}

type Sized = Preprocessing & { readonly size: PictureSize };

/** The planes of the channels, red, green and blue. */
function colourOf(pixels: Pixels): readonly SamplePlane[] {
  if (pixels.channels >= 3) return [0, 1, 2].map((channel) => planeOf(pixels, channel));
  const grey = planeOf(pixels, 0);
  return [grey, grey, grey];
}

function greyOf(pixels: Pixels): SamplePlane {
  if (pixels.channels < 3) return planeOf(pixels, 0);
  const [r, g, b] = colourOf(pixels);
  const grey = new Float64Array(r.length);
  for (let i = 0; i < grey.length; i++) grey[i] = 0.299 * r[i] + 0.587 * g[i] + 0.114 * b[i];
  return grey;
}

function planeOf({ width, height, channels, depth, data }: Pixels, channel: number): SamplePlane {
  const scale = depth === 16 ? 255 / 65535 : 1;
  const plane = new Float64Array(width * height);
  for (let i = 0, at = channel; i < plane.length; i++, at += channels) plane[i] = data[at] * scale;
  return plane;
}

/** Scales the short side to `resize` and cuts out the middle of `size`. */
function fit(plane: SamplePlane, from: PlaneSize, how: Sized): SamplePlane {
  const [height, width] = how.size;
  const ratio =
    how.resize === undefined
      ? Math.max(height / from.height, width / from.width)
      : how.resize / Math.min(from.height, from.width);
  const scaled = {
    width: Math.max(width, Math.round(from.width * ratio)),
    height: Math.max(height, Math.round(from.height * ratio)),
  };
  const left = Math.round((scaled.width - width) / 2);
  const top = Math.round((scaled.height - height) / 2);
  return resize(plane, from, { ...scaled, cut: { left, top, width, height } });
}

function normalised(planes: readonly SamplePlane[], how: Sized): Tensor {
  const [height, width] = how.size;
  const count = planes.length;
  const size = height * width;
  const data = new Float32Array(count * size);
  const { scale, layout } = how;
  const step = layout === 'nchw' ? 1 : count;
  planes.forEach((plane, c) => {
    const mean = how.mean[c % how.mean.length];
    const std = how.std[c % how.std.length];
    for (let i = 0, at = layout === 'nchw' ? c * size : c; i < size; i++, at += step)
      data[at] = (plane[i] * scale - mean) / std;
  });
  return tensor(data, layout === 'nchw' ? [count, height, width] : [height, width, count]);
}

function pictureOf(planes: readonly SamplePlane[], how: Sized): Picture {
  const [height, width] = how.size;
  const rgb = new Uint8Array(height * width * 3);
  for (let c = 0; c < 3; c++) {
    const plane = planes[planes.length === 1 ? 0 : how.channels === 'bgr' ? 2 - c : c];
    for (let i = 0, at = c; i < plane.length; i++, at += 3) rgb[at] = Math.round(plane[i]);
  }
  return { width, height, rgb };
}
