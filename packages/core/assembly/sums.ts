import { FIRST, ROWS } from './memory';

/**
 * Adds four rows, which begin `stride` bytes apart, times a weight each to FIRST, one row after the other. An odd number of columns is
 * rounded up.
 */
export function addWeighted(columns: i32, stride: usize, u: f64, v: f64, w: f64, z: f64): void {
  for (let j = 0; j < columns; j += 2) {
    const at = ROWS + ((<usize>j) << 2);
    const to = FIRST + ((<usize>j) << 3);
    let sum = v128.load(to);
    sum = f64x2.add(sum, product(u, at));
    sum = f64x2.add(sum, product(v, at + stride));
    sum = f64x2.add(sum, product(w, at + 2 * stride));
    sum = f64x2.add(sum, product(z, at + 3 * stride));
    v128.store(to, sum);
  }
}

function product(weight: f64, at: usize): v128 {
  return f64x2.mul(f64x2.splat(weight), f64x2.promote_low_f32x4(v128.load64_zero(at)));
}
