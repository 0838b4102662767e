import type { MathBuilder } from '../../../builder/math-builder.js';
import { scatterAxis } from '../indexing.js';
import type { SampledAxis } from './coordinate.js';
import type { Taps } from './taps.js';

/**
 * Values read between elements: y[..., c] = sum over taps of weight[..., taps] rows[index[..., taps], c], where the weight is a product
 * of one for each axis. Taps are the last axes of index and weights, one for each axis.
 */
export interface Interpolation {
  /** [places, channels]: the channels of every element. */
  readonly rows: string;
  readonly axes: readonly Taps[];
  /** Row of each tap, int64. */
  readonly index: string;
  /** Product of all axes' weights. */
  readonly weight: string;
}

/** [batch..., C, spatial...] -> [places, C], `batch` leading axes. */
export function rowsOf(b: MathBuilder, x: string, batch = 1): string {
  const axes = b.others(x, []);
  const last = b.transpose(x, [...axes.slice(0, batch), ...axes.slice(batch + 1), batch]);
  return b.reshape(last, [-1, { of: x, axis: batch }]);
}

/** The adjoint of {@link rowsOf}. */
export function fromRows(
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

interface Slot {
  /** Where the taps' axes begin, how many there are, and which of them is meant. */
  readonly first: number;
  readonly of: number;
  readonly at: number;
}

/** Taps [..., k] as one of several axes of taps: [..., 1, k, 1]. */
export function alone(b: MathBuilder, { index, weight, slope }: Taps, { first, of, at }: Slot): Taps {
  const others = Array.from({ length: of }, (_, i) => first + i).filter((axis) => axis !== first + at);
  const spread = (value: string) => b.unsqueeze(value, others);
  return { index: spread(index), weight: spread(weight), slope: slope && spread(slope) };
}

interface Source {
  readonly rows: string;
  /** Where each point's first element lies: which image of the batch, int64, broadcastable to the points. */
  readonly batch: string;
  /** Taps and the axis that they count along, outermost first; taps broadcast together. */
  readonly along: readonly (readonly [Taps, SampledAxis])[];
}

export function readingOf(b: MathBuilder, { rows, batch, along }: Source): Interpolation {
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

/** What every tap reads: [..., taps, channels]. */
export const tapped = (b: MathBuilder, { rows, index }: Interpolation): string =>
  b.emit('Gather', [rows, index]);

/** Weights beside channels: [..., taps, 1]. */
export const beside = (b: MathBuilder, weight: string): string => b.unsqueeze(weight, [b.rank(weight)]);

/** The cotangent of the rows, from that of the weighted taps: [..., taps, channels] or broadcastable to it. */
export function toRows(b: MathBuilder, { rows, index, weight }: Interpolation, d: string): string {
  return scatterAxis(b, b.mul(beside(b, weight), d), {
    axis: 0,
    indices: index,
    size: { of: rows, axis: 0 },
  });
}

/** The cotangent of what the coordinates of axis `a` are made of, tap by tap: [..., taps]; undefined where it is 0. */
export function toCoordinate(
  b: MathBuilder,
  reading: Interpolation,
  { d, a }: { d: string; a: number },
): string | undefined {
  const slope = reading.axes[a]?.slope;
  if (slope === undefined) return undefined;
  const read = b.mul(tapped(b, reading), d);
  const weights = reading.axes.map((taps, i) => (i === a ? slope : taps.weight));
  const channels = b.rank(read) - 1;
  return b.mul(b.squeeze(b.sum(read, [channels]), [channels]), productOf(b, weights));
}
