import { fail, type Picture, type Pixels, type Tensor } from '@onnxplain/core';
import { type ChannelOrder, type Heat, type HeatOptions, heat, pictureShape } from './heat.js';

export interface HeatmapOptions extends HeatOptions {
  /** The explained input; with it the picture has three panels: input, heat map, overlay. Same size as the attribution. */
  readonly input?: Picture | undefined;
  /** Least number of pixels of the longer side of a panel, reached by repeating pixels; default 224. */
  readonly side?: number;
}

/** A heat map as RGBA samples, which `encodePng` of the package `files` writes as a PNG, and its scale. */
export interface Heatmap {
  readonly pixels: Pixels;
  readonly heat: Heat;
}

/** Draws an attribution (shapes as in {@link heat}); with `input` also the input and an overlay. Gaps between panels are transparent. */
export function heatmap(values: Tensor, options: HeatmapOptions = {}): Heatmap {
  const { input, side = 224 } = options;
  const map = heat(values, options);
  const panels: Picture[] = [map];
  if (input !== undefined) {
    expectSameSize(map, input);
    panels.unshift(input);
    panels.push(overlay(input, map));
  }
  const factor = Math.max(1, Math.ceil(side / Math.max(map.width, map.height)));
  return { pixels: joinPanels(panels.map((panel) => repeatPixels(panel, factor))), heat: map };
}

/**
 * Converts an input to a picture: [low, high] becomes 0..255. One channel is grey, three are RGB (or BGR with `order`), any other
 * number is shown as the grey mean. Returns undefined where the shape is not that of a picture.
 */
export function pictureOf(
  x: Tensor,
  options: {
    channels?: ChannelOrder;
    low?: readonly number[];
    high?: readonly number[];
    order?: 'rgb' | 'bgr';
  } = {},
): Picture | undefined {
  const { channels = 'first', order = 'rgb' } = options;
  const shape = pictureShape(x.shape, channels);
  if (shape === undefined) return undefined;
  const { width, height, depth } = shape;
  const { low, high } = range(x, options);
  const size = width * height;
  const level = (pixel: number, channel: number): number => {
    const v = x.data[channels === 'first' ? channel * size + pixel : pixel * depth + channel];
    const lo = low[channel % low.length];
    const hi = high[channel % high.length];
    return hi > lo ? Math.round((255 * (Math.min(hi, Math.max(lo, v)) - lo)) / (hi - lo)) : 0;
  };
  const rgb = new Uint8Array(size * 3);
  for (let pixel = 0; pixel < size; pixel++) {
    for (let c = 0; c < 3; c++) {
      rgb[pixel * 3 + c] =
        depth === 3 ? level(pixel, order === 'rgb' ? c : 2 - c) : meanLevel(pixel, depth, level);
    }
  }
  return { width, height, rgb };
}

function range(x: Tensor, { low, high }: { low?: readonly number[]; high?: readonly number[] }) {
  const finite = [...(low ?? []), ...(high ?? [])].every(Number.isFinite);
  if (low !== undefined && high !== undefined && finite) return { low, high };
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const v of x.data) {
    if (v < least) least = v;
    if (v > most) most = v;
  }
  return { low: [least], high: [most] };
}

function meanLevel(pixel: number, depth: number, level: (pixel: number, channel: number) => number): number {
  let sum = 0;
  for (let c = 0; c < depth; c++) sum += level(pixel, c);
  return Math.round(sum / depth);
}

/** Draws the input in grey, covered by the colours of the heat map where the attribution is large. */
function overlay(input: Picture, map: Heat): Picture {
  const rgb = new Uint8Array(input.rgb.length);
  for (let i = 0; i < map.sums.length; i++) {
    const strength = map.clip === 0 ? 0 : Math.min(1, Math.abs(map.sums[i]) / map.clip);
    const cover = 0.9 * Math.sqrt(strength);
    // ITU-R BT.601 luma
    const grey = 0.299 * input.rgb[i * 3] + 0.587 * input.rgb[i * 3 + 1] + 0.114 * input.rgb[i * 3 + 2];
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = Math.round((1 - cover) * grey + cover * map.rgb[i * 3 + c]);
  }
  return { width: input.width, height: input.height, rgb };
}

/** Repeats each pixel `factor` times in both directions. */
export function repeatPixels({ width, height, rgb }: Picture, factor: number): Picture {
  if (factor === 1) return { width, height, rgb };
  const out = new Uint8Array(rgb.length * factor * factor);
  const rowLength = 3 * width * factor;
  for (let y = 0; y < height; y++) {
    const first = y * factor * rowLength;
    let at = first;
    for (let x = 0; x < width; x++) {
      const source = 3 * (y * width + x);
      for (let k = 0; k < factor; k++) {
        out[at++] = rgb[source];
        out[at++] = rgb[source + 1];
        out[at++] = rgb[source + 2];
      }
    }
    for (let k = 1; k < factor; k++) out.copyWithin(first + k * rowLength, first, at);
  }
  return { width: width * factor, height: height * factor, rgb: out };
}

const GAP = 8;

/** Joins pictures of equal height from left to right, as RGBA. */
export function joinPanels(panels: readonly Picture[]): Pixels {
  const { height } = panels[0];
  const width = panels.reduce((sum, panel) => sum + panel.width + GAP, -GAP);
  const data = new Uint8Array(width * height * 4);
  let left = 0;
  for (const { width: own, rgb } of panels) {
    let source = 0;
    for (let y = 0; y < height; y++) {
      let at = 4 * (y * width + left);
      for (let x = 0; x < own; x++) {
        data[at++] = rgb[source++];
        data[at++] = rgb[source++];
        data[at++] = rgb[source++];
        data[at++] = 255;
      }
    }
    left += own + GAP;
  }
  return { width, height, channels: 4, depth: 8, data };
}

function expectSameSize(map: Heat, input: Picture): void {
  if (map.width === input.width && map.height === input.height) return;
  fail({
    code: 'tensor-shape',
    where: 'heat map (input)',
    expected: `a picture of ${map.width} x ${map.height}`,
    got: `${input.width} x ${input.height}`,
  });
}
