import { FIRST, ROWS, SECOND } from './memory';

/**
 * Merges four weighted rows, which begin `stride` bytes apart, with the means in FIRST and the sums of squared deviations in SECOND:
 * the arithmetic of `addFour` of src/kernels/moments.ts. An odd number of columns is rounded up.
 */
export function addMoments(
  columns: i32,
  stride: usize,
  u: f64,
  v: f64,
  w: f64,
  z: f64,
  share: f64,
  each: f64,
  spread: f64,
): void {
  for (let j = 0; j < columns; j += 2) {
    const at = ROWS + ((<usize>j) << 2);
    const a = pair(at);
    const b = pair(at + stride);
    const c = pair(at + 2 * stride);
    const d = pair(at + 3 * stride);
    const sum = f64x2.add(f64x2.add(f64x2.add(times(u, a), times(v, b)), times(w, c)), times(z, d));
    const middle = f64x2.mul(sum, f64x2.splat(each));
    const inside = f64x2.add(
      f64x2.add(f64x2.add(square(u, a, middle), square(v, b, middle)), square(w, c, middle)),
      square(z, d, middle),
    );
    const to = (<usize>j) << 3;
    const mean = v128.load(FIRST + to);
    const difference = f64x2.sub(middle, mean);
    const between = f64x2.mul(times(spread, difference), difference);
    v128.store(FIRST + to, f64x2.add(mean, times(share, difference)));
    v128.store(SECOND + to, f64x2.add(v128.load(SECOND + to), f64x2.add(inside, between)));
  }
}

/** Two neighbouring float32, as float64. */
function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

function times(factor: f64, numbers: v128): v128 {
  return f64x2.mul(f64x2.splat(factor), numbers);
}

function square(weight: f64, numbers: v128, middle: v128): v128 {
  const difference = f64x2.sub(numbers, middle);
  return f64x2.mul(times(weight, difference), difference);
}
