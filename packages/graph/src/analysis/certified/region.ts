import type { Norm } from '@onnxplain/core';

/** The inputs around x that differ from it by at most `radius` in the norm, at free elements only, and within the bounds. */
export interface Region {
  readonly x: ArrayLike<number>;
  readonly radius: number;
  readonly norm: Norm;
  /** 1 for elements that may change; default: all. */
  readonly free?: ArrayLike<number>;
  /** Default: none. */
  readonly bounds?: readonly [low: number, high: number];
}

/** Halvings of the interval of the multiplier of the l2 ball. Any multiplier gives a lower bound. */
const HALVINGS = 60;

/**
 * The least value of a linear function over a region, less its value at x: exact for l1 and linf, and for l2 the best value of the dual,
 * which is a lower bound in every case.
 */
export function leastChangeOver(slopes: Float64Array, region: Region): number {
  const { x, radius, norm, free, bounds = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] } = region;
  const moves: { readonly slope: number; readonly room: number }[] = [];
  slopes.forEach((slope, j) => {
    if (slope === 0 || free?.[j] === 0) return;
    const room = Math.max(0, slope > 0 ? x[j] - bounds[0] : bounds[1] - x[j]);
    moves.push({ slope: Math.abs(slope), room: Math.min(room, radius) });
  });
  if (norm === 'linf') return -moves.reduce((sum, { slope, room }) => sum + slope * room, 0);
  return norm === 'l1' ? leastOverCross(moves, radius) : leastOverBall(moves, radius);
}

interface Move {
  readonly slope: number;
  readonly room: number;
}

/** p = 1: the steepest elements first, as far as they may. */
function leastOverCross(moves: readonly Move[], radius: number): number {
  let [left, total] = [radius, 0];
  for (const { slope, room } of moves.toSorted((a, b) => b.slope - a.slope)) {
    const step = Math.min(left, room);
    total -= slope * step;
    left -= step;
    if (left <= 0) break;
  }
  return total;
}

/** p = 2: the greatest value of the dual min_δ Σ -slope·δ + λ/2·(Σδ² - radius²) that halving finds. */
function leastOverBall(moves: readonly Move[], radius: number): number {
  const dual = (lambda: number) => {
    let [value, squares] = [0, 0];
    for (const { slope, room } of moves) {
      const step = Math.min(room, slope / lambda);
      value -= slope * step;
      squares += step * step;
    }
    return { value: value + (lambda / 2) * (squares - radius * radius), isWide: squares > radius * radius };
  };
  const whole = -moves.reduce((sum, { slope, room }) => sum + slope * room, 0);
  if (moves.reduce((sum, { room }) => sum + room * room, 0) <= radius * radius) return whole;
  let [low, high] = [0, Math.hypot(...moves.map(({ slope }) => slope)) / radius];
  let best = Math.max(whole, dual(high).value);
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    const { value, isWide } = dual(middle);
    best = Math.max(best, value);
    if (isWide) low = middle;
    else high = middle;
  }
  return best;
}
