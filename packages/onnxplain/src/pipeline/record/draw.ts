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

/** How inputs are to be seen. */
export interface Drawing {
  /** Default: by the shape, 'last' where only the last axis can be colours. */
  readonly channels?: ChannelOrder;
  /** Order of three channels of arrays; pictures bring their own. Default 'rgb'. */
  readonly order?: 'rgb' | 'bgr';
}

/** An attribution as a PNG with three panels; undefined where the input is no picture, as the embedding of a text. */
export function drawAttribution(
  input: NamedInput,
  attribution: Attribution,
  drawing: Drawing = {},
): { png: Uint8Array; picture: Omit<PictureRecord, 'file'> } | undefined {
  const channels = drawing.channels ?? channelAxis(input.tensor.shape);
  if (input.tokens !== undefined || pictureShape(input.tensor.shape, channels) === undefined)
    return undefined;
  const seen = input.picture ?? pictureOf(input.tensor, { channels, order: drawing.order });
  const { pixels, heat } = heatmap(attribution.values, {
    channels,
    features: attribution.features,
    input: seen,
  });
  const { scale, clip, percentile, width, height } = heat;
  return { png: encodePng(pixels), picture: { scale, clip, percentile, width, height } };
}

function channelAxis(shape: readonly number[]): ChannelOrder {
  return layoutByShape(shape) === 'hwc' ? 'last' : 'first';
}

/** More numbers than this are not put into the record; they are in the attribution's own file. */
const LONGEST_SERIES = 4096;

/** The numbers of a one-dimensional input, [d] or [1, d], for bars; undefined for others, and for tokens. */
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
