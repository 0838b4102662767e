import type { Constant } from '@onnxplain/graph';
import { floatsOf, isFloatType } from '../session/value.js';

/** Largest difference that counts as rounding, relative to the largest number. */
export const TOLERANCE = 1e-4;
/** The tolerance for half precision. */
export const HALF_TOLERANCE = 2e-2;

/** Whether two arrays hold the same numbers. Floats may differ by `tolerance` of the largest finite number expected; others may not. */
export function sameNumbers(expected: Constant, got: Constant, tolerance: number): boolean {
  if (expected.data.length !== got.data.length) return false;
  if (!isFloatType(expected.dtype))
    return [...expected.data.entries()].every(([at, value]) => value === got.data[at]);
  return allClose(floatsOf(got, 'output'), floatsOf(expected, 'output'), tolerance);
}

/** Whether numbers are equal to within `tolerance` of the largest finite number expected. NaN equals NaN. */
export function allClose(
  got: ArrayLike<number>,
  expected: Float32Array | Float64Array,
  tolerance: number,
): boolean {
  let scale = 1e-6;
  for (const value of expected) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  return expected.every(
    (value, at) => Object.is(value, got[at]) || Math.abs(value - got[at]) <= tolerance * scale,
  );
}
