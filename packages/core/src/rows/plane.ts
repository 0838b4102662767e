import { fail } from '../error.js';
import { axesOf, type Layout } from '../layout.js';
import { type Shape, showShape, sizeOf } from '../tensor/tensor.js';

/** An input seen as an image: element (y, x) of channel c is at c * channel + (y * width + x) * pixel. */
export interface Plane {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly channel: number;
  readonly pixel: number;
}

/**
 * How the elements of an input of this shape lie. A sequence is an image of height 1; of [..., height, width] all axes in front are
 * channels. Throws `not-applicable` when it is no image.
 */
export function planeOf(where: string, shape: Shape, layout: Layout): Plane {
  const depth = shape.length > 3 && layout === 'hwc';
  if (shape.length < 2 || depth) {
    fail({
      code: 'not-applicable',
      where,
      expected: layout === 'hwc' ? 'an input [height, width, channels]' : 'an input [..., height, width]',
      got: `shape ${showShape(shape)}`,
    });
  }
  const { channels: axis, positions } = axesOf(where, shape, layout);
  const [height, width] = [1, ...positions.map((position) => shape[position])].slice(-2);
  const channels = sizeOf(shape) / Math.max(1, height * width);
  if (axis === 0 || axis === undefined) return { channels, height, width, channel: height * width, pixel: 1 };
  return { channels, height, width, channel: 1, pixel: channels };
}

/** A part of an image: top, bottom, left, right, the ends exclusive. */
export type Box = readonly [top: number, bottom: number, left: number, right: number];

/** Calls `visit(from, to)` for each stretch of elements that lie together in the box. */
export function eachRun(plane: Plane, box: Box, visit: (from: number, to: number) => void): void {
  const { channels, width, channel, pixel } = plane;
  const [top, bottom, left, right] = box;
  const planes = pixel === 1 ? channels : 1;
  for (let c = 0; c < planes; c++) {
    for (let y = top; y < bottom; y++) {
      const start = c * channel + y * width * pixel;
      visit(start + left * pixel, start + right * pixel);
    }
  }
}
