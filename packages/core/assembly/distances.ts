import { loadTwo } from './lanes';
import { FIRST, ROWS, TOTALS } from './memory';

/**
 * Adds the squared differences between each of four rows, which begin `stride` bytes apart, and FIRST to the four TOTALS, in the order
 * of the columns.
 */
export function addSquares(columns: i32, stride: usize): void {
  let left = v128.load(TOTALS, 0);
  let right = v128.load(TOTALS, 16);
  for (let j = 0; j < columns; j++) {
    const at = ROWS + ((<usize>j) << 2);
    const middle = v128.load64_splat(FIRST + ((<usize>j) << 3));
    const a = f64x2.sub(loadTwo(at, stride), middle);
    const b = f64x2.sub(loadTwo(at + 2 * stride, stride), middle);
    left = f64x2.add(left, f64x2.mul(a, a));
    right = f64x2.add(right, f64x2.mul(b, b));
  }
  v128.store(TOTALS, left, 0);
  v128.store(TOTALS, right, 16);
}
