import { fail, type Layout, option, type Shape, showShape, type Tensor, tensor } from '@onnxplain/core';
import { LAYOUT } from '../layout.js';
import { type Upsampling, upsample, upsamplings } from './upsample.js';

/** The options of explainers that resize a map of positions to the input. */
export const spreadOptions = {
  upsample: option
    .choice(upsamplings)
    .default('bilinear')
    .describe(
      'How the map gets as many positions as the input. none: the numbers of positions have to agree.',
    ),
  layout: option.layout().describe(LAYOUT),
};

/** How a map is spread over the input. */
export interface Spreading {
  readonly upsample: Upsampling;
  readonly layout: Layout;
}

/**
 * Makes an attribution from a map of positions: resizes it to the input's positions and gives each channel an equal share, so that the sum
 * over channels is the resized map. A map with as many axes as the input belongs to an input without channels. For a map with one axis less
 * the layout says whether channels come first or last.
 */
export function spread(given: Tensor, shape: Shape, { upsample: how, layout }: Spreading): Tensor {
  const map = withoutRows(given, shape);
  if (map.shape.length === shape.length) return upsample(map, shape, how);
  const last = layout === 'hwc' || layout === 'wc';
  const positions = last ? shape.slice(0, -1) : shape.slice(1);
  if (positions.length === 0) refuse(shape);
  const channels = last ? shape[shape.length - 1] : shape[0];
  const { data } = upsample(map, positions, how);
  const values = new Float64Array(data.length * channels);
  for (let i = 0; i < data.length; i++) {
    for (let c = 0; c < channels; c++)
      values[last ? i * channels + c : c * data.length + i] = data[i] / channels;
  }
  return tensor(values, shape);
}

/** Drops a first axis of length 1, which models whose input has no batch axis often add inside. */
function withoutRows(map: Tensor, shape: Shape): Tensor {
  const [first, ...rest] = map.shape;
  const extra = map.shape.length >= shape.length && first === 1 && shape[0] !== 1 && shape.length > 2;
  return extra ? tensor(map.data, rest) : map;
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
