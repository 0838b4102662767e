import type { MathBuilder, Size } from '../../builder/math-builder.js';

/**
 * Assembles an image from the elements of windows that tile it, with the channels last: whole rows of channels are then moved together,
 * which is faster than single numbers.
 */

/** [N, C, ...] -> [N, ..., C]. A runtime with a blocked channel layout can do this when it converts from that layout. */
export function channelsLast(b: MathBuilder, x: string): string {
  return b.transpose(x, [0, ...b.others(x, [0, 1]), 1]);
}

/** [N, ..., C] -> [N, C, ...]. */
export function channelsFirst(b: MathBuilder, x: string): string {
  const last = b.rank(x) - 1;
  return b.transpose(x, [0, last, ...b.others(x, [0, last])]);
}

/**
 * Interleaves the elements of the windows: `parts`, in row-major order, [N, s, ..., C] each -> [N, s f, ..., C]. All sizes except N must be
 * known.
 */
export function assembleTiles(b: MathBuilder, parts: readonly string[], factors: readonly number[]): string {
  const [whole] = factors.reduceRight<readonly string[]>((groups, factor, i) => {
    const starts = Array.from({ length: groups.length / factor }, (_, run) => run * factor);
    return starts.map((from) => joinAxis(b, groups.slice(from, from + factor), i + 1));
  }, parts);
  return whole;
}

function joinAxis(b: MathBuilder, parts: readonly string[], axis: number): string {
  const [x] = parts;
  if (parts.length === 1) return x;
  const [size, ...rest] = sizesOf(b, x, axis);
  const flat = parts.map((part) => b.reshape(part, [...leading(x, axis), size, product(rest)]));
  return b.reshape(b.concat(flat, axis + 1), [...leading(x, axis), size * parts.length, ...rest]);
}

const leading = (x: string, axis: number): readonly Size[] =>
  Array.from({ length: axis }, (_, i) => ({ of: x, axis: i }));

const sizesOf = (b: MathBuilder, x: string, from: number): readonly number[] =>
  b.dims(x).slice(from).map(Number);

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);
