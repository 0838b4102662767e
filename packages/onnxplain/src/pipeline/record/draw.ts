import { type Attribution, layoutByShape } from '@onnxplain/core';
import { encodePng, type NamedInput } from '@onnxplain/files';
import {
  type ChannelOrder,
  heatmap,
  type PictureRecord,
  pictureOf,
  pictureShape,
  type Series,
} from '@onnxplain/report';

/** How inputs are drawn as pictures. */
export interface Drawing {
  /** Which axis holds the colour channels. Default: 'last' where by the shape only the last axis can hold them, else 'first'. */
  readonly channels?: ChannelOrder;
  /** Order of the three channels of inputs that were arrays, default 'rgb'. Inputs that were picture files are drawn from the file. */
  readonly order?: 'rgb' | 'bgr';
}

/** Draws an attribution as a PNG with three panels. Returns undefined where the input is not a picture. */
export function drawAttribution(
  input: NamedInput,
  attribution: Attribution,
  drawing: Drawing = {},
): { png: Uint8Array; picture: Omit<PictureRecord, 'file'> } | undefined {
  const channels = drawing.channels ?? channelAxis(input.tensor.shape);
  if (input.tokens !== undefined || pictureShape(input.tensor.shape, channels) === undefined)
    return undefined;
  const picture = input.picture ?? pictureOf(input.tensor, { channels, order: drawing.order });
  const { pixels, heat } = heatmap(attribution.values, {
    channels,
    features: attribution.features,
    input: picture,
  });
  const { scale, clip, percentile, width, height } = heat;
  return { png: encodePng(pixels), picture: { scale, clip, percentile, width, height } };
}

function channelAxis(shape: readonly number[]): ChannelOrder {
  return layoutByShape(shape) === 'hwc' ? 'last' : 'first';
}

/** Greatest number of values that the record holds. Longer series are only in the file of the attribution. */
const LONGEST_SERIES = 4096;

/** Returns values and attributions of a one-dimensional input, [d] or [1, d], for a bar chart; undefined for other inputs and tokens. */
export function seriesOf(
  { tensor, features, tokens }: NamedInput,
  { values }: Attribution,
): Series | undefined {
  const long = tensor.shape.filter((dim) => dim > 1);
  if (
    tokens !== undefined ||
    long.length > 1 ||
    tensor.shape.length === 0 ||
    tensor.data.length > LONGEST_SERIES
  )
    return undefined;
  const inputs = Array.from(tensor.data, (value) => (Number.isNaN(value) ? null : value));
  return { inputs, values: [...values.data], names: features };
}
