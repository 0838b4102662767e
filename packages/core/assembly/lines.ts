import { FIRST, ROWS, SECOND } from './memory';

/**
 * Writes the points FIRST + share·SECOND of a line, rounded to float32, into the row that begins at byte `offset`. An odd number of
 * columns is rounded up.
 */
export function writePoint(columns: i32, offset: usize, share: f64): void {
  const shares = f64x2.splat(share);
  for (let j = 0; j < columns; j += 2) {
    const from = (<usize>j) << 3;
    const point = f64x2.add(v128.load(FIRST + from), f64x2.mul(shares, v128.load(SECOND + from)));
    v128.store64_lane(ROWS + offset + ((<usize>j) << 2), f32x4.demote_f64x2_zero(point), 0);
  }
}
