import type { MathBuilder } from '../math-builder.js';

/** 0, 1, ..., size - 1 along an axis of x, int64. */
export function positionsAlong(b: MathBuilder, x: string, axis: number): string {
  const scalar = (value: number) =>
    b.constant({ dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) }, 'integer');
  return b.emit('Range', [scalar(0), b.squeeze(b.sizes([{ of: x, axis }]), [0]), scalar(1)]);
}
