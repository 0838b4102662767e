import { fail } from '../error.js';
import { axesOf, type Layout } from '../layout.js';
import type { Shape } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import { type IndexRange, indices, type Segments, segmentsOf } from './boxes.js';

/**
 * Sizes of a window: a number along the last two axes of positions (the only one of a sequence or a vector); a list shorter than the
 * input has axes along the last axes of positions; a list of one for each axis of the input along those.
 */
export type Extent = number | readonly number[];

/** The windows along one axis of `dim` elements: their first indices, and their size before they are clipped at the border. */
export interface WindowAxis {
  readonly dim: number;
  readonly size: number;
  readonly starts: readonly number[];
}

/** Windows to be laid over inputs of a layout. */
export interface Windows {
  readonly layout: Layout;
  readonly window: Extent;
  readonly stride?: Extent;
}

/**
 * Lays windows over a shape. A window covers the axes that it does not mention, such as channels, completely. Along the others windows
 * start at 0, stride, 2·stride, ... up to ceil((dim - size) / stride) · stride; the last ones are clipped at the border. A window given
 * as a number has size 1 along an axis of length 1.
 * Throws `option-value` when a window is larger than the input, has more axes, or leaves gaps (stride above window), `not-applicable`
 * for a layout with another number of axes.
 */
export function windowAxes(
  where: string,
  shape: Shape,
  { layout, window, stride = window }: Windows,
): WindowAxis[] {
  const { positions } = axesOf(where, shape, layout);
  const sizes = spread('window', window, { where, shape, positions });
  const strides = spread('stride', stride, { where, shape, positions });
  return shape.map((dim, axis) => {
    const size = sizes[axis] ?? dim;
    const step = strides[axis] ?? size;
    if (size > dim) refuse(where, `a window of at most ${dim} along axis ${axis}`, `${size}`);
    if (step > size) refuse(where, `a stride of at most the window's ${size} along axis ${axis}`, `${step}`);
    return windowsAlong(dim, { size, stride: step, border: 'clip' });
  });
}

interface Place {
  readonly where: string;
  readonly shape: Shape;
  readonly positions: readonly number[];
}

/** Returns the size along each axis of the shape, undefined for axes that the extent does not mention. */
function spread(what: string, extent: Extent, { where, shape, positions }: Place): (number | undefined)[] {
  if (typeof extent === 'number') {
    const last = positions.slice(-2);
    return shape.map((dim, axis) => (last.includes(axis) ? lengthAlong(dim, extent) : undefined));
  }
  if (extent.length === shape.length) return [...extent];
  if (extent.length > positions.length)
    refuse(where, `a ${what} of at most ${shape.length} axes`, `[${extent.join(', ')}]`);
  const first = positions.length - extent.length;
  return shape.map((_, axis) => {
    const place = positions.indexOf(axis);
    return place < first ? undefined : extent[place - first];
  });
}

function refuse(where: string, expected: string, got: string): never {
  return fail({ code: 'option-value', where, expected, got });
}

/** The length of a window with this side along an axis of `dim` elements: 1 along an axis of one element. */
export const lengthAlong = (dim: number, side: number): number => (dim === 1 ? 1 : side);

export interface WindowSteps {
  readonly size: number;
  readonly stride: number;
  /** 'clip': enough windows to cover the axis, of which the last may reach beyond it; 'inside': those that lie wholly inside. */
  readonly border: 'clip' | 'inside';
}

/** The windows of one size along an axis of `dim` elements, which start at 0, stride, 2·stride, ... */
export function windowsAlong(dim: number, { size, stride, border }: WindowSteps): WindowAxis {
  const steps = (dim - size) / stride;
  const count = (border === 'clip' ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return { dim, size, starts: Array.from({ length: count }, (_, k) => k * stride) };
}

/** How many windows there are. */
export function windowCount(axes: readonly WindowAxis[]): number {
  return axes.reduce((count, { starts }) => count * starts.length, 1);
}

/** The elements of the window with this number. Windows are numbered along the last axis first. */
export function windowAt(axes: readonly WindowAxis[], index: number): Segments {
  return segmentsOf(
    axes.map(({ dim }) => dim),
    windowBox(axes, index),
  );
}

/** The box that the window with this number covers, one range an axis. Windows are numbered along the last axis first. */
export function windowBox(axes: readonly WindowAxis[], index: number): readonly IndexRange[] {
  const box = new Array<IndexRange>(axes.length);
  for (let axis = axes.length - 1, rest = index; axis >= 0; axis--) {
    const { dim, size, starts } = axes[axis];
    const from = starts[rest % starts.length];
    rest = Math.floor(rest / starts.length);
    box[axis] = [from, Math.min(from + size, dim)];
  }
  return box;
}

/** Makes a feature of the elements that the same windows cover: cells of a grid where the windows do not overlap. Row-major order. */
export function windowFeatures(axes: readonly WindowAxis[]): Features {
  let of = Int32Array.of(0);
  let count = 1;
  for (const axis of axes) {
    const along = groupsAlong(axis);
    const many = along[along.length - 1] + 1;
    const outer = of;
    of = new Int32Array(outer.length * axis.dim);
    outer.forEach((group, i) => {
      along.forEach((own, k) => {
        of[i * axis.dim + k] = group * many + own;
      });
    });
    count *= many;
  }
  return { count, of };
}

/** Numbers the indices along an axis by group; a new group begins where a window begins or ends. */
function groupsAlong({ dim, size, starts }: WindowAxis): number[] {
  const edges = new Set([...starts, ...starts.map((start) => start + size)]);
  let group = 0;
  return indices(0, dim).map((i) => {
    if (i > 0 && edges.has(i)) group++;
    return group;
  });
}
