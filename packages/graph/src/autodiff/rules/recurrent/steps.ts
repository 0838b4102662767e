import { attr } from '../../../builder/builder.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import type { RecurrentDirection } from './layer.js';

/** Beyond the end of every axis. */
const END = 2 ** 31 - 1;

/** x in equal parts along an axis. */
export function split(
  b: MathBuilder,
  x: string,
  { axis, parts }: { axis: number; parts: number },
): readonly string[] {
  const size = b.dims(x)[axis];
  if (parts === 1) return [x];
  if (typeof size !== 'number') {
    return b.emitMany('Split', [x], parts, { axis: attr.int(axis), num_outputs: attr.int(parts) });
  }
  const sizes = b.ints(Array<number>(parts).fill(size / parts));
  return b.emitMany('Split', [x, sizes], parts, { axis: attr.int(axis) });
}

/** [T, B, K] as a matrix with a row for each step of each sequence. */
export const rows = (b: MathBuilder, x: string): string => b.reshape(x, [-1, { of: x, axis: 2 }]);

/** A matrix of rows as [T, B, K] again. */
export const steps = (b: MathBuilder, x: string, { y }: Pick<RecurrentDirection, 'y'>): string =>
  b.reshape(x, [
    { of: y, axis: 0 },
    { of: y, axis: 1 },
    { of: x, axis: 1 },
  ]);

/** x y^T + c. */
export const affine = (b: MathBuilder, x: string, [y, c]: readonly [string, string?]): string =>
  b.emit('Gemm', c === undefined ? [x, y] : [x, y, c], { transB: attr.int(1) });

/** x^T y: sums over the rows of both. */
export const across = (b: MathBuilder, x: string, y: string): string =>
  b.emit('Gemm', [x, y], { transA: attr.int(1) });

interface StepsOf {
  readonly lengths: string;
  readonly offset?: number;
}

/** Whether step t + `ahead` (default 0) of each sequence comes before its end, [T, B, 1]; y is [T, B, H]. */
export function isLive(b: MathBuilder, y: string, { lengths, offset = 0 }: StepsOf): string {
  const count = b.emit('Shape', [y], { start: attr.int(0), end: attr.int(1) });
  const numbers = [b.ints([0]), count, b.ints([1])].map((value) => b.squeeze(value, [0]));
  const time = b.unsqueeze(b.emit('Range', numbers), [1, 2]);
  return b.compare('Less', offset === 0 ? time : b.add(time, b.ints([offset])), lengths);
}

/** What `states` were before each step, [T, B, H]: shifted against the direction of reading, with `first` where reading begins. */
export function before(b: MathBuilder, states: string, { first, reverse }: Before): string {
  const [lead, trail] = reverse ? [-1, 1] : [1, -1];
  if (first === undefined) return b.pad(states, [lead, 0, 0], [trail, 0, 0]);
  const rest = b.slice(states, [{ axis: 0, from: reverse ? 1 : 0, to: reverse ? END : -1 }]);
  const start = b.unsqueeze(first, [0]);
  return b.concat(reverse ? [rest, start] : [start, rest], 0);
}

interface Before {
  readonly first: string | undefined;
  readonly reverse: boolean;
}

/** h before each step. Read in reverse, a sequence begins at its own last step. */
export function hiddenBefore(b: MathBuilder, { y, first, reverse, lengths }: RecurrentDirection): string {
  if (!reverse || lengths === undefined || first.h === undefined) {
    return before(b, y, { first: first.h, reverse });
  }
  const shifted = before(b, y, { first: undefined, reverse });
  return b.where(isLive(b, y, { lengths, offset: 1 }), shifted, b.unsqueeze(first.h, [0]));
}

/** Zeros [B, H] of a layer. */
export const zeroState = (b: MathBuilder, { y }: Pick<RecurrentDirection, 'y'>): string =>
  b.emit('Expand', [
    b.scalar(0, y),
    b.sizes([
      { of: y, axis: 1 },
      { of: y, axis: 2 },
    ]),
  ]);

/** Values that are `other` after the end of a sequence; x is [T, B, K] or its rows. */
export function whileLive(
  b: MathBuilder,
  x: string,
  { layer, other }: { layer: RecurrentDirection; other: number },
): string {
  if (layer.lengths === undefined) return x;
  const mask = isLive(b, layer.y, { lengths: layer.lengths });
  return b.where(b.rank(x) === 2 ? rows(b, mask) : mask, x, other);
}

/** 1 after the end of a sequence, [T, B, 1]; undefined where none ends early. */
export const isOver = (b: MathBuilder, { lengths, y }: RecurrentDirection): string | undefined =>
  lengths && b.sub(1, b.mask(isLive(b, y, { lengths }), y));
