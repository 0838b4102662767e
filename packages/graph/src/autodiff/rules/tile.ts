import type { MathBuilder, Size } from '../../builder/math-builder.js';

/**
 * Windows that lie side by side, joined with the channels last: there, what moves together are whole rows of channels, where with the
 * channels first it would be single numbers.
 */

/** [N, C, ...] -> [N, ..., C]. Runtimes that keep channels in blocks do this on the way out of them. */
export function channelsLast(b: MathBuilder, x: string): string {
  return b.transpose(x, [0, ...b.others(x, [0, 1]), 1]);
}

/** [N, ..., C] -> [N, C, ...]. */
export function channelsFirst(b: MathBuilder, x: string): string {
  const last = b.rank(x) - 1;
  return b.transpose(x, [0, last, ...b.others(x, [0, last])]);
}

/** The elements of every window in row-major order, each [N, s, ..., C] -> [N, s f, ..., C]. Sizes but N must be known. */
export function joined(b: MathBuilder, parts: readonly string[], factors: readonly number[]): string {
  const [whole] = factors.reduceRight<readonly string[]>((pieces, factor, i) => {
    const runs = Array.from({ length: pieces.length / factor }, (_, run) => run * factor);
    return runs.map((from) => joinAxis(b, pieces.slice(from, from + factor), i + 1));
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
