import { axesOf, type Layout } from '../layout.js';
import { type Shape, sizeOf } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import { type Extent, windowAxes, windowFeatures } from './windows.js';

/** Makes every element a feature. */
export function elementFeatures(shape: Shape): Features {
  const count = sizeOf(shape);
  return { count, of: Int32Array.from({ length: count }, (_, i) => i) };
}

/**
 * Makes one feature of all channels at a position; `where` names the caller in messages. Throws `not-applicable` for a layout with another
 * number of axes.
 */
export function pixelFeatures(shape: Shape, layout: Layout, where = 'pixel features'): Features {
  const { positions } = axesOf(where, shape, layout);
  return gridFeatures(shape, { layout, cell: positions.map(() => 1) }, where);
}

/** Makes one feature of all positions of a channel. Throws `not-applicable` for a layout with another number of axes. */
export function channelFeatures(shape: Shape, layout: Layout, where = 'channel features'): Features {
  const { channels } = axesOf(where, shape, layout);
  if (channels === undefined) return { count: 1, of: new Int32Array(sizeOf(shape)) };
  return axisFeatures(shape, channels);
}

/**
 * Makes one feature of each cell of a grid over the positions, all channels together. The last cells of an axis are smaller where the
 * size does not divide it.
 * Throws `option-value` for a cell larger than the input, `not-applicable` for a layout with another number of axes.
 */
export function gridFeatures(
  shape: Shape,
  { layout, cell }: { layout: Layout; cell: Extent },
  where = 'grid features',
): Features {
  return windowFeatures(windowAxes(where, shape, { layout, window: cell }));
}

/**
 * Makes one feature of each index along an axis; a negative axis counts from the end. The tokens of an embedded text [tokens, width]
 * are the features of axis 0 (default), the columns of a table those of its last axis.
 */
export function axisFeatures(shape: Shape, axis = 0, names?: readonly string[]): Features {
  const place = axis < 0 ? shape.length + axis : axis;
  const inner = sizeOf(shape.slice(place + 1));
  const count = shape[place];
  const of = Int32Array.from({ length: sizeOf(shape) }, (_, i) => Math.floor(i / inner) % count);
  return { count, of, ...(names && { names }) };
}
