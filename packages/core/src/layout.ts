import { fail } from './error.js';
import { type Shape, showShape } from './tensor/tensor.js';

export const layouts = ['chw', 'hwc', 'cw', 'wc'] as const;

/**
 * What the axes of one input are, the batch axis left out. 'chw': channels, then positions ([channels, height, width], as PyTorch
 * has pictures; with two axes [height, width], with more [channels, ..., height, width]; one number has no position). 'hwc':
 * positions, then channels (as TensorFlow has pictures). 'cw': [channels, width] and 'wc': [width, channels] are sequences, whose one
 * axis of positions is time, or counts tokens.
 */
export type Layout = (typeof layouts)[number];

/** The axis along which a value has its rows, or 'none' where the whole value belongs to one row. */
export type RowAxis = number | 'none';

/** Which axes of an input hold channels and which hold positions. */
export interface Axes {
  /** Undefined where no axis holds channels, as in [height, width]. */
  readonly channels: number | undefined;
  /** The axes of positions, in ascending order. */
  readonly positions: readonly number[];
}

/** Finds the axes of channels and positions of an input. Throws `not-applicable` where the layout has another number of axes. */
export function axesOf(where: string, shape: Shape, layout: Layout): Axes {
  if (!fitsLayout(shape, layout)) {
    fail({
      code: 'not-applicable',
      where,
      expected: `an input ${EXPECTED[layout]}, as layout=${layout} has it`,
      got: `shape ${showShape(shape)}`,
    });
  }
  const axes = shape.map((_, axis) => axis);
  if (layout === 'hwc' || layout === 'wc') return { channels: axes.length - 1, positions: axes.slice(0, -1) };
  const bare = layout === 'chw' && axes.length <= 2;
  return bare ? { channels: undefined, positions: axes } : { channels: 0, positions: axes.slice(1) };
}

/** Whether an input of this shape can have the layout. */
export function fitsLayout({ length: rank }: Shape, layout: Layout): boolean {
  if (layout === 'chw') return true;
  return layout === 'hwc' ? rank >= 3 : rank === 2;
}

const EXPECTED: Readonly<Record<Layout, string>> = {
  chw: '[..., height, width]',
  hwc: '[height, width, channels]',
  cw: '[channels, width]',
  wc: '[width, channels]',
};

/** Guesses the layout of a picture: of its three axes the first or the last, not both, has size 1 or 3. Undefined for other shapes. */
export function layoutByShape(shape: Shape): Layout | undefined {
  const few = (size: number) => size === 1 || size === 3;
  if (shape.length !== 3 || few(shape[0]) === few(shape[2])) return undefined;
  return few(shape[0]) ? 'chw' : 'hwc';
}
