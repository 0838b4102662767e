import {
  fail,
  type Layout,
  omitDefault,
  option,
  type Shape,
  showShape,
  type Tensor,
  tensor,
  z,
} from '@onnxplain/core';
import { type Upsampling, upsample, upsamplings } from './upsample.js';

/** How a map of positions becomes an attribution of the input. */
export interface SpreadOptions {
  /** How the map gets as many positions as the input; default bilinear. */
  readonly upsample?: Upsampling;
  /** Which axis of the input holds the channels; default `chw`. */
  readonly layout?: Layout;
}

export const spreadOptions = {
  upsample: z.enum(upsamplings, `one of ${upsamplings.join(', ')}`).default('bilinear'),
  layout: option.layout().default('chw'),
};

/** The options as an expression shows them: defaults are left out. */
export const showSpread = ({ upsample: how, layout }: Required<SpreadOptions>) => ({
  upsample: omitDefault(how, 'bilinear'),
  layout: omitDefault(layout, 'chw'),
});

/**
 * A map of positions as an attribution: resized to the input's positions, each channel getting an equal share, so that the sum over
 * channels is the resized map.
 */
export function spread(map: Tensor, shape: Shape, options: Required<SpreadOptions>): Tensor {
  const last = options.layout === 'hwc';
  const positions = last ? shape.slice(0, -1) : shape.slice(1);
  if (positions.length === 0) refuse(shape);
  const channels = last ? shape[shape.length - 1] : shape[0];
  const { data } = upsample(map, positions, options.upsample);
  const values = new Float64Array(data.length * channels);
  for (let i = 0; i < data.length; i++) {
    for (let c = 0; c < channels; c++)
      values[last ? i * channels + c : c * data.length + i] = data[i] / channels;
  }
  return tensor(values, shape);
}

function refuse(shape: Shape): never {
  return fail({
    code: 'not-applicable',
    where: 'input',
    expected: 'channels and positions, such as [3, 224, 224]',
    got: `shape ${showShape(shape)}`,
    remedy: 'Use gradient, lrp or occlusion.',
  });
}
