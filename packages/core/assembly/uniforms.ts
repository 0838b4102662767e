import { loadTwo, rotate, scramble, storeTwo, upper } from './lanes';
import { ROWS, STATES } from './memory';

/**
 * Subtracts a uniform number in [low, low + width) from each of `columns` elements of four rows that begin `stride` bytes apart. Each
 * row has its own generator, and each number takes two of its steps, as `fillUniform` of src/random/stream.ts does. The uniform number
 * is rounded to float32 before it is subtracted.
 */
export function subtractUniforms(columns: i32, stride: usize, low: f64, width: f64): void {
  let s0 = v128.load(STATES, 0);
  let s1 = v128.load(STATES, 16);
  let s2 = v128.load(STATES, 32);
  let s3 = v128.load(STATES, 48);
  const lows = f64x2.splat(low);
  const widths = f64x2.splat(width);
  for (let j = 0; j < columns; j++) {
    const high = i32x4.shr_u(scramble(s1), 5);
    let shifted = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, shifted);
    s3 = rotate(s3, 11);
    const rest = i32x4.shr_u(scramble(s1), 6);
    shifted = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, shifted);
    s3 = rotate(s3, 11);
    const at = ROWS + ((<usize>j) << 2);
    subtractTwo(at, stride, between(lows, widths, high, rest));
    subtractTwo(at + 2 * stride, stride, between(lows, widths, upper(high), upper(rest)));
  }
  v128.store(STATES, s0, 0);
  v128.store(STATES, s1, 16);
  v128.store(STATES, s2, 32);
  v128.store(STATES, s3, 48);
}

/** low + width·u for the two lower numbers u of 27 + 26 random bits. */
function between(low: v128, width: v128, high: v128, rest: v128): v128 {
  const coarse = f64x2.mul(f64x2.convert_low_i32x4_s(high), f64x2.splat(1.0 / 134217728.0));
  const fine = f64x2.mul(f64x2.convert_low_i32x4_s(rest), f64x2.splat(1.0 / 9007199254740992.0));
  return f64x2.add(low, f64x2.mul(width, f64x2.add(coarse, fine)));
}

function subtractTwo(at: usize, stride: usize, numbers: v128): void {
  const rounded = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(numbers));
  storeTwo(at, stride, f64x2.sub(loadTwo(at, stride), rounded));
}
