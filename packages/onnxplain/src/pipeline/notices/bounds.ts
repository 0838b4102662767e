import type { NamedInput } from '@onnxplain/files';
import { formatNumber } from '@onnxplain/report';
import { indicesOf, whereOf } from './text.js';

/** Warns of inputs with values outside the bounds that the caller or the model card gives. */
export function boundsNotices(
  inputs: readonly NamedInput[],
  bounds: readonly [low: number, high: number] | undefined,
): readonly string[] {
  if (bounds === undefined) return [];
  const ranges = inputs.map(({ tensor }) => rangeOf(tensor.data));
  const at = indicesOf(ranges, (range) => isBeyond(range, bounds));
  if (at.length === 0) return [];
  const [low, high] = ranges[at[0]];
  const where = whereOf(
    at,
    inputs.map(({ name }) => name),
  );
  return [
    `values lie outside the bounds ${bounds[0]} to ${bounds[1]} ${where}, which holds ${formatNumber(low)} to ${formatNumber(high)}; ${remedy([low, high], bounds)}`,
  ];
}

type Range = readonly [low: number, high: number];

function rangeOf(data: ArrayLike<number>): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  return [low, high];
}

/** Whether a range exceeds the bounds by more than rounding to float32. */
function isBeyond([low, high]: Range, [least, most]: Range): boolean {
  const slack = 1e-6 * Math.max(Math.abs(least), Math.abs(most), 1);
  return low < least - slack || high > most + slack;
}

function remedy([low, high]: Range, [least, most]: Range): string {
  const pixels = least >= -1 && most <= 1 && low >= 0 && high > 2 && high <= 255;
  return pixels
    ? 'these are numbers like pixels 0 to 255: divide them as the model was trained (--scale, --mean, --std for pictures)'
    : 'scale the inputs as the model was trained, or correct the bounds (--bounds, or "bounds" in the model card)';
}
