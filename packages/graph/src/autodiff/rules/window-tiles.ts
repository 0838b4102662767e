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
  const sizes = b.dims(parts[0]).slice(1).map(Number);
  const grown = sizes.map((size, i) => size * (factors[i] ?? 1));
  const batch: Size = { of: parts[0], axis: 0 };
  // Before step i, the axes from i on are one: [N, s, ..., C] with as many axes before it as i.
  const [joined] = factors.reduceRight<readonly string[]>((groups, factor, i) => {
    const starts = Array.from({ length: groups.length / factor }, (_, run) => run * factor);
    const rows = starts.map((from) => b.concat(groups.slice(from, from + factor), i + 2));
    const flat = [batch, ...sizes.slice(0, i), product(grown.slice(i))];
    return i === 0 ? rows : rows.map((row) => b.reshape(row, flat));
  }, parts);
  return b.reshape(joined, [batch, ...grown]);
}

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);
