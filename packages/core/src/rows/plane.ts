import { fail } from '../error.js';
import { type Shape, showShape, sizeOf } from '../tensor/tensor.js';

export const layouts = ['chw', 'hwc'] as const;

/** Where height and width are: the last two axes ('chw', any axes before them), or the first two of three ('hwc'). */
export type Layout = (typeof layouts)[number];

/** An input seen as an image: element (y, x) of channel c is at c * channel + (y * width + x) * pixel. */
export interface Plane {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly channel: number;
  readonly pixel: number;
}

/** How the elements of an input of this shape lie. Throws `not-applicable` when it is no image. */
export function planeOf(where: string, shape: Shape, layout: Layout): Plane {
  const fits = layout === 'chw' ? shape.length >= 2 : shape.length === 3;
  if (!fits) {
    fail({
      code: 'not-applicable',
      where,
      expected: layout === 'chw' ? 'an input [..., height, width]' : 'an input [height, width, channels]',
      got: `shape ${showShape(shape)}`,
    });
  }
  const [height, width] = layout === 'chw' ? shape.slice(-2) : shape;
  if (layout === 'hwc') return { channels: shape[2], height, width, channel: 1, pixel: shape[2] };
  return { channels: sizeOf(shape.slice(0, -2)), height, width, channel: height * width, pixel: 1 };
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
