import { fail, type Picture, type Pixels, type Tensor } from '@onnxplain/core';
import { joinPanels, repeatPixels } from './panels.js';

export interface PertinentOptions {
  /** The explained input, in the shape of the attribution. */
  readonly input: Tensor;
  /** Least and greatest value of an element; the middle between them divides bright from dark. */
  readonly bounds: readonly [low: number, high: number];
  /** Whether the order is that of the absolute values; false: of the values, for rankings. */
  readonly absolute: boolean;
  /** Share of the pixels that are coloured; default 0.15. */
  readonly share?: number;
  /** Least number of pixels of the longer side, reached by repeating pixels; default 112. */
  readonly side?: number;
}

const RED = [178, 24, 43] as const;
const BLUE = [33, 102, 172] as const;

/**
 * Draws the pixels of a grey picture, [1, height, width], that an attribution ranks first, over the picture in pale grey: red where the
 * picture is bright (pertinent positive: what is there), blue where it is dark (pertinent negative: what is absent). Of pixels with
 * equal numbers the first of the picture come first. Throws `tensor-shape` for other shapes.
 * Source: the pictures of [H21]; the terms are those of Dhurandhar et al. 2018.
 */
export function pertinentPicture(values: Tensor, options: PertinentOptions): Pixels {
  const { input, bounds, share = 0.15, side = 112 } = options;
  const [, height, width] = expectGrey(values, input);
  const isFirst = firstOf(values, options, Math.floor(share * height * width));
  const [low, high] = bounds;
  const rgb = new Uint8Array(height * width * 3);
  input.data.forEach((value, pixel) => {
    const level = Math.min(1, Math.max(0, (value - low) / (high - low)));
    const pale = Math.round(255 - 110 * level);
    const colour = level > 0.5 ? RED : BLUE;
    rgb.set(isFirst[pixel] === 1 ? colour : [pale, pale, pale], pixel * 3);
  });
  const picture: Picture = { width, height, rgb };
  return joinPanels([repeatPixels(picture, Math.max(1, Math.ceil(side / Math.max(width, height))))]);
}

function expectGrey(values: Tensor, { shape }: Tensor): readonly number[] {
  if (shape.length === 3 && shape[0] === 1 && shape.every((dim, i) => dim === values.shape[i])) return shape;
  return fail({
    code: 'tensor-shape',
    where: 'picture of the first pixels',
    expected: 'a grey picture and an attribution, both [1, height, width]',
    got: `[${shape.join(', ')}] and [${values.shape.join(', ')}]`,
  });
}

/** 1 for each of the `count` pixels that rank first. */
function firstOf({ data }: Tensor, { absolute }: PertinentOptions, count: number): Uint8Array {
  const size = (pixel: number) => (absolute ? Math.abs(data[pixel]) : data[pixel]);
  const order = [...data.keys()].sort((a, b) => size(b) - size(a) || a - b);
  const isFirst = new Uint8Array(data.length);
  for (const pixel of order.slice(0, count)) isFirst[pixel] = 1;
  return isFirst;
}
