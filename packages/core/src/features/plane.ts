import { fail } from '../error.js';
import { axesOf, type Layout } from '../layout.js';
import { type Shape, showShape, sizeOf } from '../tensor/tensor.js';
import { type IndexRange, type Segments, segmentsOf } from './boxes.js';

/** An input seen as an image: element (y, x) of channel c is at c * channel + (y * width + x) * pixel. */
export interface Plane {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Distance between two channels of a pixel. */
  readonly channel: number;
  /** Distance between two pixels of a row. */
  readonly pixel: number;
}

/**
 * The image that an input of this shape is. A sequence is an image of height 1. Of an input [..., height, width] all axes in front
 * together count the channels. Throws `not-applicable` for a shape that is no image in this layout.
 */
export function planeOf(where: string, shape: Shape, layout: Layout): Plane {
  const volume = shape.length > 3 && layout === 'hwc';
  if (shape.length < 2 || volume) {
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

/** A box of an image, in all channels: its ends are exclusive. */
export type ImageBox = readonly [top: number, bottom: number, left: number, right: number];

/** Box i of a list of four numbers a box. */
export function boxAt(boxes: Int32Array, i: number): ImageBox {
  return [boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]];
}

/** The elements of a box, in all channels or in one. */
export function segmentsOfBox(
  { channels, height, width, pixel }: Plane,
  box: ImageBox,
  only?: number,
): Segments {
  const [top, bottom, left, right] = box;
  const position: readonly IndexRange[] = [
    [top, bottom],
    [left, right],
  ];
  const inChannels: IndexRange = only === undefined ? [0, channels] : [only, only + 1];
  return pixel === 1
    ? segmentsOf([channels, height, width], [inChannels, ...position])
    : segmentsOf([height, width, channels], [...position, inChannels]);
}
