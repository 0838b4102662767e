import { fail, type Picture, type Pixels, type Tensor, tensor } from '@onnxplain/core';
import { decodeJpeg } from './jpeg.js';
import type { PixelLimit } from './pixel-limit.js';
import { decodePng } from './png.js';

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
}

/**
 * Reads a picture file (PNG or JPEG, recognised by its first bytes) as an input of the model. Grey becomes RGB by repetition, RGB becomes
 * grey by the weights of ITU-R BT.601; transparency is dropped, as Pillow's convert('RGB') does; 16 bit samples are scaled to 0..255.
 * Throws `option-value` where the size is not known, `file-format` for other files.
 */
export function loadImage(bytes: Uint8Array, preprocessing: Preprocessing, where: string): LoadedImage {
  const how = { ...preprocessing, size: preprocessing.size ?? refuseOpenSize(where) };
  const pixels = bytes[0] === 0xff ? decodeJpeg(bytes, where, how) : decodePng(bytes, where, how);
  const planes = how.channels === 'grey' ? [greyOf(pixels)] : colourOf(pixels);
  const cropped = planes.map((plane) => fit(plane, { width: pixels.width, height: pixels.height }, how));
  if (how.channels === 'bgr') cropped.reverse();
  return { tensor: normalised(cropped, how), picture: pictureOf(cropped, how) };
}

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

type Plane = Float64Array;

function colourOf(pixels: Pixels): readonly Plane[] {
  const one = pixels.channels < 3;
  return [0, 1, 2].map((channel) => planeOf(pixels, one ? 0 : channel));
}

function greyOf(pixels: Pixels): Plane {
  if (pixels.channels < 3) return planeOf(pixels, 0);
  const [r, g, b] = colourOf(pixels);
  return r.map((red, i) => 0.299 * red + 0.587 * g[i] + 0.114 * b[i]);
}

function planeOf({ width, height, channels, depth, data }: Pixels, channel: number): Plane {
  const scale = depth === 16 ? 255 / 65535 : 1;
  return Float64Array.from({ length: width * height }, (_, i) => data[i * channels + channel] * scale);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Scales the short side to `resize` and cuts out the middle of `size`. */
function fit(plane: Plane, from: Size, how: Sized): Plane {
  const [height, width] = how.size;
  const ratio =
    how.resize === undefined
      ? Math.max(height / from.height, width / from.width)
      : how.resize / Math.min(from.height, from.width);
  const scaled = {
    width: Math.max(width, Math.round(from.width * ratio)),
    height: Math.max(height, Math.round(from.height * ratio)),
  };
  const resized = resize(plane, from, scaled);
  const left = Math.round((scaled.width - width) / 2);
  const top = Math.round((scaled.height - height) / 2);
  const out = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * scaled.width + left;
    out.set(resized.subarray(start, start + width), y * width);
  }
  return out;
}

/**
 * Resizes a plane. Shrinking weighs pixels by a triangle that is as wide as the factor, which averages over areas (as Pillow's BILINEAR and
 * torchvision with antialias do). Enlarging is bilinear with half-pixel centres.
 */
export function resize(plane: Plane, from: Size, to: Size): Plane {
  const wide = resample(plane, { lines: from.height, length: from.width, to: to.width });
  const turned = transpose(wide, from.height, to.width);
  const high = resample(turned, { lines: to.width, length: from.height, to: to.height });
  return transpose(high, to.width, to.height);
}

function resample(plane: Plane, { lines, length, to }: { lines: number; length: number; to: number }): Plane {
  if (length === to) return plane;
  const out = new Float64Array(lines * to);
  const step = length / to;
  const reach = Math.max(1, step);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * step;
    const first = Math.max(0, Math.floor(centre - reach));
    const last = Math.min(length - 1, Math.ceil(centre + reach) - 1);
    const weights: number[] = [];
    for (let j = first; j <= last; j++) weights.push(Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach));
    const total = weights.reduce((sum, w) => sum + w, 0);
    for (let line = 0; line < lines; line++) {
      let sum = 0;
      for (let j = 0; j < weights.length; j++) sum += weights[j] * plane[line * length + first + j];
      out[line * to + i] = sum / total;
    }
  }
  return out;
}

function transpose(plane: Plane, rows: number, columns: number): Plane {
  const out = new Float64Array(plane.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = plane[r * columns + c];
  }
  return out;
}

function normalised(planes: readonly Plane[], how: Sized): Tensor {
  const [height, width] = how.size;
  const count = planes.length;
  const size = height * width;
  const data = new Float32Array(count * size);
  planes.forEach((plane, c) => {
    const mean = how.mean[c % how.mean.length];
    const std = how.std[c % how.std.length];
    for (let i = 0; i < size; i++) {
      data[how.layout === 'nchw' ? c * size + i : i * count + c] = (plane[i] * how.scale - mean) / std;
    }
  });
  return tensor(data, how.layout === 'nchw' ? [count, height, width] : [height, width, count]);
}

function pictureOf(planes: readonly Plane[], how: Sized): Picture {
  const [height, width] = how.size;
  const rgb = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const channel = planes.length === 1 ? 0 : how.channels === 'bgr' ? 2 - c : c;
      rgb[i * 3 + c] = Math.round(planes[channel][i]);
    }
  }
  return { width, height, rgb };
}
