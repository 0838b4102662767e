import type { MathBuilder } from '../../../builder/math-builder.js';
import { scatterAxis } from '../indexing.js';
import type { SampledAxis } from './coordinate.js';
import type { Taps } from './taps.js';

/**
 * Interpolation: y[..., c] = sum over taps of weight[..., taps] rows[index[..., taps], c], where the weight is the product of one weight
 * for each spatial axis. The last axes of index and weight are the taps, one axis of taps for each spatial axis.
 */
export interface Interpolation {
  /** The channels of every element, [elements, channels]. */
  readonly rows: string;
  readonly axes: readonly Taps[];
  /** Row of each tap, int64. */
  readonly index: string;
  /** Product of all axes' weights. */
  readonly weight: string;
}

/** [batch..., C, spatial...] -> [elements, C], with `batch` leading axes. */
export function channelsLastRows(b: MathBuilder, x: string, batch = 1): string {
  const axes = b.others(x, []);
  const last = b.transpose(x, [...axes.slice(0, batch), ...axes.slice(batch + 1), batch]);
  return b.reshape(last, [-1, { of: x, axis: batch }]);
}

/** The adjoint of {@link channelsLastRows}. */
export function rowsToChannels(
  b: MathBuilder,
  rows: string,
  { like, batch = 1 }: { like: string; batch?: number },
): string {
  const axes = b.others(like, []);
  const spatial = axes.slice(batch + 1);
  const last = b.reshape(
    rows,
    [...axes.slice(0, batch), ...spatial, batch].map((axis) => ({ of: like, axis })),
  );
  const at = axes.length - 1;
  return b.transpose(last, [...axes.slice(0, batch), at, ...spatial.map((axis) => axis - 1)]);
}

interface TapAxis {
  /** Index of the first axis of taps, their number, and which of them is meant. */
  readonly first: number;
  readonly of: number;
  readonly at: number;
}

/** Reshapes taps [..., k] of one spatial axis so that they broadcast with those of the others: [..., 1, k, 1]. */
export function unsqueezeTaps(
  b: MathBuilder,
  { index, weight, derivative }: Taps,
  { first, of, at }: TapAxis,
): Taps {
  const others = Array.from({ length: of }, (_, i) => first + i).filter((axis) => axis !== first + at);
  const spread = (value: string) => b.unsqueeze(value, others);
  return { index: spread(index), weight: spread(weight), derivative: derivative && spread(derivative) };
}

interface InterpolationInputs {
  readonly rows: string;
  /** Index of the image in the batch for each point, int64, broadcastable to the points. */
  readonly batch: string;
  /** Taps and their spatial axis, outermost axis first; the taps broadcast together. */
  readonly along: readonly (readonly [Taps, SampledAxis])[];
}

/** Combines the taps of the spatial axes: index = ((batch size0 + index0) size1 + index1 ...), weight = product of the weights. */
export function interpolationOf(b: MathBuilder, { rows, batch, along }: InterpolationInputs): Interpolation {
  const index = along.reduce((at, [taps, { size }]) => b.add(b.mul(at, b.sizes([size])), taps.index), batch);
  const axes = along.map(([taps]) => taps);
  return {
    rows,
    axes,
    index,
    weight: productOf(
      b,
      axes.map(({ weight }) => weight),
    ),
  };
}

const productOf = (b: MathBuilder, factors: readonly string[]): string =>
  factors.reduce((all, w) => b.mul(all, w));

/** Gathers the elements of all taps: [..., taps, channels]. */
export const gatherTaps = (b: MathBuilder, { rows, index }: Interpolation): string =>
  b.emit('Gather', [rows, index]);

/** Adds a channel axis to weights: [..., taps, 1]. */
export const withChannelAxis = (b: MathBuilder, weight: string): string =>
  b.unsqueeze(weight, [b.rank(weight)]);

/**
 * Returns the cotangent of the rows: scatter-adds weight d by index. d is the cotangent of the weighted taps, broadcastable to [..., taps,
 * channels].
 */
export function rowCotangent(b: MathBuilder, { rows, index, weight }: Interpolation, d: string): string {
  return scatterAxis(b, b.mul(withChannelAxis(b, weight), d), {
    axis: 0,
    indices: index,
    size: { of: rows, axis: 0 },
  });
}

/** Returns the cotangent of the input behind the coordinates of axis `a`, for each tap: [..., taps]; undefined if it is 0. */
export function coordinateCotangent(
  b: MathBuilder,
  reading: Interpolation,
  { d, a }: { d: string; a: number },
): string | undefined {
  const derivative = reading.axes[a]?.derivative;
  if (derivative === undefined) return undefined;
  const read = b.mul(gatherTaps(b, reading), d);
  const weights = reading.axes.map((taps, i) => (i === a ? derivative : taps.weight));
  const channels = b.rank(read) - 1;
  return b.mul(b.squeeze(b.sum(read, [channels]), [channels]), productOf(b, weights));
}
