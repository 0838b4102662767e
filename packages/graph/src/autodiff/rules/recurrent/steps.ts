import { attr } from '../../../builder/builder.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import type { RecurrentDirection } from './direction.js';

/** An end index beyond every axis. */
const END = 2 ** 31 - 1;

/** Splits x into equal parts along an axis. */
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

/** Reshapes [T, B, K] to a matrix with one row for each step of each sequence. */
export const toRows = (b: MathBuilder, x: string): string => b.reshape(x, [-1, { of: x, axis: 2 }]);

/** Reshapes a matrix of rows to [T, B, K]. */
export const toSteps = (b: MathBuilder, x: string, { y }: Pick<RecurrentDirection, 'y'>): string =>
  b.reshape(x, [
    { of: y, axis: 0 },
    { of: y, axis: 1 },
    { of: x, axis: 1 },
  ]);

/** x y^T + c. */
export const affine = (b: MathBuilder, x: string, [y, c]: readonly [string, string?]): string =>
  b.emit('Gemm', c === undefined ? [x, y] : [x, y, c], { transB: attr.int(1) });

/** Returns x^T y, the sum of the outer products of the rows of x and y. */
export const sumOuterProducts = (b: MathBuilder, x: string, y: string): string =>
  b.emit('Gemm', [x, y], { transA: attr.int(1) });

interface SequenceLengths {
  readonly lengths: string;
  readonly offset?: number;
}

/** Whether step t + offset (default 0) of each sequence comes before its end, [T, B, 1]; y is [T, B, H]. */
export function isBeforeEnd(b: MathBuilder, y: string, { lengths, offset = 0 }: SequenceLengths): string {
  const count = b.sizeOf(y, 0);
  const numbers = [b.ints([0]), count, b.ints([1])].map((value) => b.squeeze(value, [0]));
  const time = b.unsqueeze(b.emit('Range', numbers), [1, 2]);
  return b.compare('Less', offset === 0 ? time : b.add(time, b.ints([offset])), lengths);
}

/** Returns the states before each step, [T, B, H]: the states after each step shifted by one step, with `first` at the first step. */
export function statesBefore(b: MathBuilder, states: string, { first, reverse }: InitialState): string {
  const [lead, trail] = reverse ? [-1, 1] : [1, -1];
  if (first === undefined) return b.pad(states, [lead, 0, 0], [trail, 0, 0]);
  const rest = b.slice(states, [{ axis: 0, from: reverse ? 1 : 0, to: reverse ? END : -1 }]);
  const start = b.unsqueeze(first, [0]);
  return b.concat(reverse ? [rest, start] : [start, rest], 0);
}

interface InitialState {
  readonly first: string | undefined;
  readonly reverse: boolean;
}

/** Returns h before each step. In reverse direction, the first step of a sequence is its own last one. */
export function hiddenStatesBefore(
  b: MathBuilder,
  { y, first, reverse, lengths }: RecurrentDirection,
): string {
  if (!reverse || lengths === undefined || first.h === undefined) {
    return statesBefore(b, y, { first: first.h, reverse });
  }
  const shifted = statesBefore(b, y, { first: undefined, reverse });
  return b.where(isBeforeEnd(b, y, { lengths, offset: 1 }), shifted, b.unsqueeze(first.h, [0]));
}

/** Zeros of the shape of a state, [B, H]. */
export const zeroState = (b: MathBuilder, { y }: Pick<RecurrentDirection, 'y'>): string =>
  b.emit('Expand', [
    b.scalar(0, y),
    b.sizes([
      { of: y, axis: 1 },
      { of: y, axis: 2 },
    ]),
  ]);

/** Replaces values after the end of a sequence by `other`; x is [T, B, K] or its rows. */
export function maskAfterEnd(
  b: MathBuilder,
  x: string,
  { layer, other }: { layer: RecurrentDirection; other: number },
): string {
  if (layer.lengths === undefined) return x;
  const mask = isBeforeEnd(b, layer.y, { lengths: layer.lengths });
  return b.where(b.rank(x) === 2 ? toRows(b, mask) : mask, x, other);
}

/** Returns 1 after the end of a sequence, 0 before, [T, B, 1]; undefined if all sequences have T steps. */
export const afterEndMask = (b: MathBuilder, { lengths, y }: RecurrentDirection): string | undefined =>
  lengths && b.sub(1, b.mask(isBeforeEnd(b, y, { lengths }), y));
