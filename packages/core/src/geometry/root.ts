/** A function's value at a point, up to a rounding error of about 2⁻⁵², and its slope there. */
export interface Linearisation {
  value: number;
  slope: number;
}

const NEWTON_STEPS = 50;
/** Halving an interval of float64 numbers this often leaves no number between its ends. */
const ALL_STEPS = NEWTON_STEPS + 1100;

/**
 * The root of a decreasing function between two numbers, to the last bit or two: Newton's method, with halving where a step leaves the
 * interval that holds the root, and after 50 steps. `evaluate` writes value and slope at a point into `at`.
 */
export function decreasingRoot(
  evaluate: (x: number, at: Linearisation) => void,
  [low, high]: readonly [low: number, high: number],
): number {
  const at = { value: 0, slope: 0 };
  let [left, right, x] = [low, high, low];
  for (let step = 0; step < ALL_STEPS; step++) {
    evaluate(x, at);
    if (Math.abs(at.value) <= Number.EPSILON) return x;
    if (at.value > 0) left = x;
    else right = x;
    const newton = x - at.value / at.slope;
    const inside = newton >= left && newton <= right && step < NEWTON_STEPS;
    const next = inside ? newton : left + (right - left) / 2;
    if (Math.abs(next - x) <= Number.EPSILON * Math.abs(next)) return next;
    x = next;
  }
  return x;
}
