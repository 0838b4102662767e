import { attr } from '../../builder/builder.js';
import type { MathBuilder, Size } from '../../builder/math-builder.js';

/** Assembles an image from the elements of windows that tile it. */

/** Whether {@link depthToSpace} can assemble windows of these sizes: two equal ones, in a dtype that runtimes have the operator for. */
export const isSquare = (b: MathBuilder, x: string, factors: readonly number[]): boolean =>
  factors.length === 2 && factors[0] === factors[1] && ['float32', 'float64'].includes(b.dtype(x));

/** Interleaves the elements of square windows: `parts`, in row-major order, [N, C, h, w] each -> [N, C, h size, w size]. */
export function depthToSpace(b: MathBuilder, parts: readonly string[], size: number): string {
  return b.emit('DepthToSpace', [b.concat(parts, 1)], {
    blocksize: attr.int(size),
    mode: attr.string('DCR'),
  });
}

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
 * Interleaves the elements of the windows: `parts`, in row-major order, [N, s, ..., C] each -> [N, s f, ..., C]. With the channels last,
 * whole rows of channels are moved together, which is faster than single numbers. All sizes except N must be known.
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
