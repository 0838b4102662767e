import { fail, type Shape } from '@onnxplain/core';

/** A size per axis: one number means that size along the last two axes (the only one of a vector), a list the trailing axes. */
export type Extent = number | readonly number[];

/** How windows lie over an input: along each axis `starts` are their first indices, `size` their length before clipping. */
export interface Axis {
  readonly dim: number;
  readonly size: number;
  readonly starts: readonly number[];
}

/** One window: runs of `length` consecutive elements in row-major order, beginning at `starts`. */
export interface Window {
  readonly starts: readonly number[];
  readonly length: number;
}

/**
 * Lays windows over a shape. Leading axes that the window does not mention are taken whole. Along an axis windows start at
 * 0, stride, 2·stride, ... up to ceil((dim - size) / stride) · stride; the last ones are clipped at the border.
 * Throws `option-value` when a window is larger than the input, has more axes, or leaves gaps (stride above window).
 */
export function windowAxes(shape: Shape, window: Extent, stride: Extent = window): Axis[] {
  const sizes = spread('window', shape, window);
  const strides = spread('stride', shape, stride);
  return shape.map((dim, axis) => {
    const size = sizes[axis] ?? dim;
    const step = strides[axis] ?? size;
    if (size > dim) refuse(`a window of at most ${dim} along axis ${axis}`, `${size}`);
    if (step > size) refuse(`a stride of at most the window's ${size} along axis ${axis}`, `${step}`);
    const count = Math.ceil((dim - size) / step) + 1;
    return { dim, size, starts: Array.from({ length: count }, (_, k) => k * step) };
  });
}

/** Per axis of the shape, undefined for leading axes that the extent does not mention. */
function spread(what: string, shape: Shape, extent: Extent): (number | undefined)[] {
  const listed =
    typeof extent === 'number' ? new Array<number>(Math.min(2, shape.length)).fill(extent) : extent;
  if (listed.length > shape.length)
    refuse(`a ${what} of at most ${shape.length} axes`, `[${listed.join(', ')}]`);
  return [...new Array<undefined>(shape.length - listed.length), ...listed];
}

function refuse(expected: string, got: string): never {
  return fail({ code: 'option-value', where: 'occlusion', expected, got });
}

export function windowCount(axes: readonly Axis[]): number {
  return axes.reduce((count, { starts }) => count * starts.length, 1);
}

/** The window with this number, counting along the last axis first. */
export function windowAt(axes: readonly Axis[], index: number): Window {
  let rest = index;
  let starts = [0];
  let length = 1;
  let inner = 1;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const { dim, size, starts: places } = axes[axis];
    const from = places[rest % places.length];
    const to = Math.min(from + size, dim);
    rest = Math.floor(rest / places.length);
    if (length === inner) {
      // Everything further in is covered whole, so this axis only lengthens the run.
      starts = [from * inner];
      length = (to - from) * inner;
    } else {
      starts = indices(from, to).flatMap((i) => starts.map((start) => i * inner + start));
    }
    inner *= dim;
  }
  return { starts, length };
}

function indices(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
