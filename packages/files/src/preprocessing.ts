import { counted, type Dim, fail } from '@onnxplain/core';
import type { Card } from './card.js';
import type { Preprocessing } from './image.js';

/** How pictures are read: the fields of a card that the command line can override, and the limit of pixels, which no card sets. */
export interface PictureFields
  extends Pick<Card, 'size' | 'resize' | 'layout' | 'channels' | 'scale' | 'mean' | 'std'>,
    Pick<Preprocessing, 'mostPixels'> {}

/**
 * Returns how pictures become inputs of shape `dims` (without the batch axis), by the fields given and by the model's shape.
 * Undefined where the input is no picture: it has not three axes, or not 1 or 3 channels. The size stays undefined where the model leaves
 * it open, because arrays have a size of their own. Throws `option-value` where the fields contradict the model.
 */
export function preprocessingFor(dims: readonly Dim[], fields: PictureFields): Preprocessing | undefined {
  const layout = fields.layout ?? layoutOf(dims);
  if (dims.length !== 3 || (layout !== 'nchw' && layout !== 'nhwc')) return undefined;
  const [count, height, width] = layout === 'nchw' ? dims : [dims[2], dims[0], dims[1]];
  if (fields.channels === undefined && typeof count === 'number' && count !== 1 && count !== 3)
    return undefined;
  const channels = fields.channels ?? (count === 1 ? 'grey' : 'rgb');
  expectChannels(channels, count);
  const how: Preprocessing = {
    size: sizeOf([height, width], fields.size),
    resize: fields.resize,
    layout,
    channels,
    scale: fields.scale ?? 1,
    mean: fields.mean ?? [0],
    std: fields.std ?? [1],
    mostPixels: fields.mostPixels,
  };
  expectLengths(how);
  return how;
}

/** The layout by the shape alone: three channels or one in front (PyTorch), or at the end (TensorFlow). */
export function layoutOf(dims: readonly Dim[]): 'nchw' | 'nhwc' | undefined {
  if (dims.length !== 3) return undefined;
  const isChannels = (dim: Dim) => dim === 1 || dim === 3;
  if (isChannels(dims[0])) return 'nchw';
  return isChannels(dims[2]) ? 'nhwc' : undefined;
}

/** The least and greatest value that a pixel can have after preprocessing, over all channels. */
export function pixelBounds({ scale, mean, std }: Preprocessing): readonly [number, number] {
  const channels = Math.max(mean.length, std.length);
  const ends = Array.from({ length: channels }, (_, c) =>
    [0, 255].map((pixel) => (pixel * scale - mean[c % mean.length]) / std[c % std.length]),
  ).flat();
  return [Math.min(...ends), Math.max(...ends)];
}

/** The model's size, or the given one where the model leaves it open. */
function sizeOf(dims: readonly [Dim, Dim], size: PictureFields['size']): Preprocessing['size'] {
  const [height, width] = dims.map((dim, i) => (typeof dim === 'number' ? dim : size?.[i]));
  if (height === undefined || width === undefined) return undefined;
  if (size !== undefined && (size[0] !== height || size[1] !== width)) {
    refuse('size', `${height},${width} as the model has it`, size.join(','));
  }
  return [height, width];
}

function expectChannels(channels: Preprocessing['channels'], count: Dim): void {
  const wanted = channels === 'grey' ? 1 : 3;
  if (typeof count === 'number' && count !== wanted) {
    refuse('channels', `what fits an input of ${counted(count, 'channel')}`, channels);
  }
}

function expectLengths({ channels, mean, std, resize, size }: Preprocessing): void {
  const count = channels === 'grey' ? 1 : 3;
  for (const [field, list] of Object.entries({ mean, std })) {
    if (list.length !== 1 && list.length !== count) {
      refuse(field, `1 or ${count} numbers`, `${list.length}`);
    }
  }
  if (std.includes(0)) refuse('std', 'numbers other than 0', std.join(','));
  if (resize !== undefined && size !== undefined && resize < Math.max(...size)) {
    refuse('resize', `at least the longer side of the input, ${Math.max(...size)}`, `${resize}`);
  }
}

function refuse(where: string, expected: string, got: string): never {
  return fail({ code: 'option-value', where, expected, got });
}
