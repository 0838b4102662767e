import { type Attribution, type Features, fail, sumsOver, type Tensor } from '@onnxplain/core';
import { type ColourScale, STEPS, scaleTable } from './colour.js';

/** Which axis of a picture-shaped input holds the colour channels: [channels, h, w] or [h, w, channels]. */
export type ChannelOrder = 'first' | 'last';

export interface HeatOptions {
  /** Which axis of a rank-3 attribution is summed; default 'first'. */
  readonly channels?: ChannelOrder;
  /** Groups of elements that share one number, which counts once at a position; default: every element has its own. */
  readonly features?: Features;
  /** |v| at this percentile gets the full colour, larger values too; 0..100, default 99. */
  readonly percentile?: number;
  /** Default: 'sequential' where no value is negative (a statistic such as a variance), else 'diverging'. */
  readonly scale?: ColourScale;
}

/** A colour for each position, and the scale of the colours. */
export interface Heat {
  readonly width: number;
  readonly height: number;
  readonly scale: ColourScale;
  /** The |value| that has the full colour. 0 when the attribution is 0 everywhere. */
  readonly clip: number;
  readonly percentile: number;
  /** Attribution summed over channels, [height * width]. */
  readonly sums: Float64Array;
  /** RGB, [height * width * 3]. */
  readonly rgb: Uint8Array;
}

/**
 * Colours of an attribution of shape [h, w], [c, h, w] or [h, w, c]: summed over channels, clipped at a percentile of the
 * absolute sums, on a scale centred at 0 (diverging) or starting there (sequential).
 * Throws `tensor-shape` for other ranks, `non-finite` for values that are no numbers, `option-value` for the percentile.
 */
export function heat(values: Tensor, options: HeatOptions = {}): Heat {
  const { channels = 'first', features, percentile = 99 } = options;
  const { width, height, sums } = sumChannels({ values, features }, channels);
  const clip = percentileOfMagnitude(sums, percentile);
  const scale = options.scale ?? (sums.some((v) => v < 0) ? 'diverging' : 'sequential');
  return { width, height, scale, clip, percentile, sums, rgb: colours(sums, { clip, scale }) };
}

/** Returns height, width and number of channels of a picture shape; undefined for other shapes. */
export function pictureShape(
  shape: readonly number[],
  channels: ChannelOrder,
): { height: number; width: number; depth: number } | undefined {
  if (shape.length === 2 && shape[0] > 1) return { height: shape[0], width: shape[1], depth: 1 };
  if (shape.length !== 3) return undefined;
  const [height, width, depth] = channels === 'first' ? [shape[1], shape[2], shape[0]] : shape;
  return height > 1 ? { height, width, depth } : undefined;
}

function sumChannels(attribution: Pick<Attribution, 'values' | 'features'>, channels: ChannelOrder) {
  const { shape } = attribution.values;
  const picture = pictureShape(shape, channels);
  if (picture === undefined) {
    return fail({
      code: 'tensor-shape',
      where: 'heat map',
      expected: 'a picture: [h, w], [c, h, w] or [h, w, c]',
      got: `[${shape.join(', ')}]`,
    });
  }
  const { height, width, depth } = picture;
  const size = height * width;
  const partOf = (i: number) => (channels === 'first' ? i % size : Math.floor(i / depth));
  const sums = sumsOver(attribution, { count: size, partOf });
  return { width, height, sums };
}

/** Linear interpolation between order statistics of |v|; refuses values that are not finite. */
function percentileOfMagnitude(values: Float64Array, percentile: number): number {
  if (!(percentile > 0 && percentile <= 100)) {
    fail({
      code: 'option-value',
      where: 'heat map (percentile)',
      expected: 'above 0, at most 100',
      got: `${percentile}`,
    });
  }
  const sorted = values.map(Math.abs).sort();
  const largest = sorted[sorted.length - 1];
  if (!Number.isFinite(largest)) {
    fail({ code: 'non-finite', where: 'heat map', expected: 'finite attributions', got: `${largest}` });
  }
  const rank = ((sorted.length - 1) * percentile) / 100;
  const below = Math.floor(rank);
  const above = Math.min(below + 1, sorted.length - 1);
  const value = sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  // Sparse attributions: most are 0 and the percentile says nothing.
  return value > 0 ? value : largest;
}

function colours(values: Float64Array, { clip, scale }: { clip: number; scale: ColourScale }): Uint8Array {
  const table = scaleTable(scale);
  const rgb = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) {
    const v = clip === 0 ? 0 : Math.max(-1, Math.min(1, values[i] / clip));
    const t = scale === 'diverging' ? (v + 1) / 2 : Math.max(0, v);
    const entry = Math.round(t * (STEPS - 1)) * 3;
    rgb[i * 3] = table[entry];
    rgb[i * 3 + 1] = table[entry + 1];
    rgb[i * 3 + 2] = table[entry + 2];
  }
  return rgb;
}
