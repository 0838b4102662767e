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
  /** What the axes of the input are; default: what the score says, else 'chw'. */
  readonly layout?: Layout;
}

export const spreadOptions = {
  upsample: z.enum(upsamplings, `one of ${upsamplings.join(', ')}`).default('bilinear'),
  layout: option.layout(),
};

/** The options as an expression shows them: defaults are left out. */
export const showSpread = ({ upsample: how, layout }: SpreadOptions) => ({
  upsample: how && omitDefault(how, 'bilinear'),
  layout,
});

/** What is settled when a map is spread. */
export interface Spreading {
  readonly upsample: Upsampling;
  readonly layout: Layout;
}

/**
 * A map of positions as an attribution: resized to the input's positions, each channel getting an equal share, so that the sum over
 * channels is the resized map. A map with as many axes as the input belongs to an input without channels; of one with an axis less the
 * layout says whether channels come first or last.
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

/** Models whose input has no batch axis often put one of length 1 in front inside. */
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
