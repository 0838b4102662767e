// Numbers of four rows side by side, at the same column of each.

export function rotate(words: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(words, bits), i32x4.shr_u(words, 32 - bits));
}

/** The output of four generators xoshiro128** whose second words are s1. */
export function scramble(s1: v128): v128 {
  const five = i32x4.add(i32x4.shl(s1, 2), s1);
  const rotated = rotate(five, 7);
  return i32x4.add(i32x4.shl(rotated, 3), rotated);
}

/** The two upper numbers of 32 bits, as the lower ones. */
export function upper(words: v128): v128 {
  return i64x2.shuffle(words, words, 1, 1);
}

/** Two float32 that are `stride` bytes apart, as float64. */
export function loadTwo(at: usize, stride: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load32_lane(at + stride, v128.load32_zero(at), 1));
}

/** Rounds two float64 to float32 that are `stride` bytes apart. */
export function storeTwo(at: usize, stride: usize, numbers: v128): void {
  const rounded = f32x4.demote_f64x2_zero(numbers);
  v128.store32_lane(at, rounded, 0);
  v128.store32_lane(at + stride, rounded, 1);
}
