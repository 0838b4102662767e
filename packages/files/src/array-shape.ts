import { type Dim, fail, type RowAxis, type Shape, showShape, sizeOf } from '@onnxplain/core';
import { fits } from './dims.js';
import type { Preprocessing } from './image.js';

/** What an array must have the shape of: one input, or several along the batch axis. */
export interface ExpectedShape {
  /** Dims of one input, without the batch axis. */
  readonly dims?: readonly Dim[] | undefined;
  /** The batch axis of arrays of several inputs, default the first; 'none': a whole array is one input. */
  readonly axis?: RowAxis;
  /** How pictures are read; undefined when the input is no picture. */
  readonly pictures?: Preprocessing | undefined;
}

/** Throws `feed-shape` for an array that has not the shape of one input or of several, with how it gets that shape where this is known. */
export function refuseArray(shape: Shape, expected: ExpectedShape, where: string): never {
  const { dims = [], axis = 0 } = expected;
  const one = `[${dims.join(', ')}] for one input`;
  return fail({
    code: 'feed-shape',
    where,
    expected: axis === 'none' ? one : `${one} or [${dims.toSpliced(axis, 0, 'n').join(', ')}] for n`,
    got: showShape(shape),
    remedy: movedChannels(shape, expected) ?? otherAxes(shape, expected) ?? otherSize(shape, expected),
  });
}

/** The axes of one input in an array whose batch axis, if it has one, is the first. */
function axesOfOne(shape: Shape, { dims = [], axis = 0 }: ExpectedShape): number | undefined {
  if (shape.length === dims.length) return 0;
  return shape.length === dims.length + 1 && axis === 0 ? 1 : undefined;
}

/** What to do where the channels are at the other end. */
function movedChannels(shape: Shape, expected: ExpectedShape): string | undefined {
  const first = axesOfOne(shape, expected);
  const { dims = [] } = expected;
  if (first === undefined || dims.length < 2) return undefined;
  const one = shape.slice(first);
  const toFront = [...one.slice(-1), ...one.slice(0, -1)];
  if (fits(toFront, dims))
    return `The channels come last here: put them first, in NumPy by np.moveaxis(x, -1, ${first}).`;
  return fits([...one.slice(1), one[0]], dims)
    ? `The channels come first here: put them last, in NumPy by np.moveaxis(x, ${first}, -1).`
    : undefined;
}

/** What to do where only axes of size 1 differ, or where the elements of each input are in one row. */
function otherAxes(shape: Shape, { dims = [], axis = 0 }: ExpectedShape): string | undefined {
  const sizes = dims.filter((dim) => typeof dim === 'number');
  if (sizes.length !== dims.length || sizes.length === 0 || axis !== 0) return undefined;
  const count = sizeOf(sizes);
  const isFlat = shape.length <= 2 && shape.at(-1) === count;
  const longer = (axes: Shape) => axes.filter((size) => size !== 1).join();
  const isOne = longer(shape) === longer(sizes);
  const isMany =
    shape.length > 0 && longer(shape.slice(1)) === longer(sizes) && sizeOf(shape.slice(1)) === count;
  return isFlat || isOne || isMany
    ? `Give it these axes, in NumPy by x.reshape(-1, ${sizes.join(', ')}).`
    : undefined;
}

/** What to do where a picture has another size or other channels than the input. */
function otherSize(shape: Shape, expected: ExpectedShape): string | undefined {
  return expected.pictures === undefined || axesOfOne(shape, expected) === undefined
    ? undefined
    : 'Arrays are taken as they are; pictures (.png, .jpg) get the size and the channels of the input.';
}

/** Throws `feed-shape` for a picture that became an array of another shape than the input has. */
export function refuseSize(shape: readonly number[], dims: readonly Dim[], where: string): never {
  return fail({
    code: 'feed-shape',
    where,
    expected: `a picture as [${dims.join(', ')}]`,
    got: showShape(shape),
    remedy: 'Without --size, or a size in the model card, a picture gets the size of the input.',
  });
}

/** Throws `feed-shape` for a picture where the input is none. */
export function refusePicture(file: string, dims: ExpectedShape['dims']): never {
  return fail({
    code: 'feed-shape',
    where: file,
    expected: `numbers for an input of shape [${dims?.join(', ') ?? 'unknown'}]`,
    got: 'a picture',
    remedy:
      'Pictures need an input of [c, h, w] or [h, w, c] with 1 or 3 channels; see --layout, or use a .npy file.',
  });
}
