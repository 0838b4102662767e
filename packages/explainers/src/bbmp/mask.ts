import {
  axesOf,
  type Features,
  gaussianBlur,
  type Layout,
  pixelFeatures,
  type Shape,
  sizeOf,
  tensor,
} from '@onnxplain/core';
import { upsample } from '../layer/upsample.js';

/** How the numbers of a mask are laid over the features of an input. */
export interface MaskMap {
  /** The features of the input whose elements have one number of the mask together. */
  readonly features: Features;
  /** Numbers of the mask along each of its axes. */
  readonly cells: Shape;
  /** Features along each of these axes. */
  readonly sizes: Shape;
  /**
   * For each axis, the weight of every cell at every place, [size, cells] row major: the rows sum to 1. Undefined where each place has a
   * cell of its own.
   */
  readonly weights: readonly (Float64Array | undefined)[];
}

/** A mask with one number for each feature. */
export const maskOfFeatures = (features: Features): MaskMap => ({
  features,
  cells: [features.count],
  sizes: [features.count],
  weights: [undefined],
});

export interface MaskGrid {
  readonly layout: Layout;
  /** Greatest number of cells along an axis. */
  readonly cells: number;
  /** Standard deviation of the Gaussian that smooths the enlarged mask, in cells; 0: it is not smoothed. */
  readonly smoothing: number;
}

/**
 * A mask on a grid over the positions of an input, all channels together. It is enlarged linearly along each axis and smoothed. Throws
 * `not-applicable` for a layout that does not fit the shape.
 */
export function maskOnGrid(
  where: string,
  shape: Shape,
  { layout, cells: most, smoothing }: MaskGrid,
): MaskMap {
  const sizes = axesOf(where, shape, layout).positions.map((axis) => shape[axis]);
  const cells = sizes.map((size) => Math.min(size, most));
  const weights = sizes.map((size, axis) => weightsAlong(size, cells[axis], smoothing));
  return { features: pixelFeatures(shape, layout), cells, sizes, weights };
}

function weightsAlong(size: number, cells: number, smoothing: number): Float64Array | undefined {
  const sigma = (smoothing * size) / cells;
  if (size === cells && sigma === 0) return undefined;
  const weights = new Float64Array(size * cells);
  for (let cell = 0; cell < cells; cell++) {
    const alone = tensor(new Float64Array(cells), [cells]);
    alone.data[cell] = 1;
    const enlarged = upsample(alone, [size], 'bilinear');
    const blur = { layout: 'chw', sigma, radius: Math.ceil(3 * sigma) } as const;
    const column = sigma === 0 ? enlarged : gaussianBlur('mask', enlarged, blur);
    for (let at = 0; at < size; at++) weights[at * cells + cell] = column.data[at];
  }
  return weights;
}

/** The number of the mask at each feature. `shift` moves the mask by so many places along each axis; its border is continued. */
export function spreadMask(map: MaskMap, mask: Float64Array, shift: readonly number[]): Float64Array {
  return map.sizes.reduce(
    (numbers, _, axis) => along(map, numbers, { axis, shift, transposed: false }),
    mask,
  );
}

/** The transpose of {@link spreadMask}: the slope by each number of the mask, for slopes by the number at each feature. */
export function gatherSlopes(map: MaskMap, slopes: Float64Array, shift: readonly number[]): Float64Array {
  const axes = map.sizes.map((_, axis) => axis).reverse();
  return axes.reduce((numbers, axis) => along(map, numbers, { axis, shift, transposed: true }), slopes);
}

interface Along {
  readonly axis: number;
  readonly shift: readonly number[];
  readonly transposed: boolean;
}

/** Multiplies by the weights of one axis. The axes before it are those of places, the axes behind it those of cells. */
function along(
  { cells, sizes, weights }: MaskMap,
  numbers: Float64Array,
  { axis, shift, transposed }: Along,
): Float64Array {
  const own = weights[axis];
  const [size, count, moved] = [sizes[axis], cells[axis], shift[axis]];
  if (own === undefined && moved === 0) return numbers;
  const outer = sizeOf(sizes.slice(0, axis));
  const inner = sizeOf(cells.slice(axis + 1));
  const out = new Float64Array(outer * inner * (transposed ? count : size));
  for (let o = 0; o < outer; o++) {
    for (let place = 0; place < size; place++) {
      const row = Math.min(Math.max(place + moved, 0), size - 1);
      for (let cell = 0; cell < count; cell++) {
        const weight = own === undefined ? Number(cell === row) : own[row * count + cell];
        if (weight === 0) continue;
        const [atPlace, atCell] = [(o * size + place) * inner, (o * count + cell) * inner];
        const [from, to] = transposed ? [atPlace, atCell] : [atCell, atPlace];
        for (let i = 0; i < inner; i++) out[to + i] += weight * numbers[from + i];
      }
    }
  }
  return out;
}
