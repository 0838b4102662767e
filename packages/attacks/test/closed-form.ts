import type { Norm } from '@onnxplain/core';

/** A half-space w·x + b < 0 around which a perturbation of x is looked for. */
export interface LinearProblem {
  readonly w: ArrayLike<number>;
  readonly b: number;
  readonly x: ArrayLike<number>;
  readonly free: ArrayLike<number>;
  readonly bounds: readonly [number, number];
  readonly norm: Norm;
}

const sizeOf = (steps: readonly number[], norm: Norm) => {
  if (norm === 'l1') return steps.reduce((sum, t) => sum + t, 0);
  return norm === 'l2' ? Math.hypot(...steps) : Math.max(0, ...steps);
};

/**
 * The least norm of a step to w·x + b <= 0 within the bounds, by trying all sets of elements that stop at their bounds: the others then
 * change in proportion to their weights (l2), all by the same (linf), or one of them alone (l1). Infinity where the bounds do not allow it.
 */
export function leastNorm({ w, b, x, free, bounds: [low, high], norm }: LinearProblem): number {
  const elements = Array.from(x, (_, j) => j).filter((j) => free[j] !== 0 && w[j] !== 0);
  const weights = elements.map((j) => Math.abs(w[j]));
  const rooms = elements.map((j) => (w[j] > 0 ? x[j] - low : high - x[j]));
  const need = Array.from(x, (v, j) => v * w[j]).reduce((sum, v) => sum + v, b);
  if (need <= 0) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (let stopped = 0; stopped < 2 ** elements.length; stopped++) {
    const isStopped = (i: number) => (stopped & (1 << i)) !== 0;
    const held = weights.reduce((sum, v, i) => sum + (isStopped(i) ? v * rooms[i] : 0), 0);
    for (const shares of sharesOf(weights, isStopped, norm)) {
      const gained = weights.reduce((sum, v, i) => sum + v * shares[i], 0);
      if (gained === 0 && held < need) continue;
      const factor = gained > 0 ? Math.max(0, need - held) / gained : 0;
      const steps = rooms.map((room, i) => (isStopped(i) ? room : factor * shares[i]));
      const isAllowed = steps.every((t, i) => t >= 0 && t <= rooms[i] * (1 + 1e-12));
      if (isAllowed) least = Math.min(least, sizeOf(steps, norm));
    }
  }
  return least;
}

/** Several half-spaces, all of which a perturbation has to reach: w[k]·x + b[k] < 0 for every k. */
export interface LinearProblems extends Omit<LinearProblem, 'w' | 'b'> {
  readonly w: readonly ArrayLike<number>[];
  readonly b: readonly number[];
}

/** Points of the grid of weights, and how often it is made finer around the best one. */
const GRID = 12;
const FINER = 9;

/**
 * The least norm of a step into two half-spaces at once: the greatest of the least norms for a weighted mean of the two, by
 * the duality of convex problems. The maximum is taken over ever finer grids of the weight.
 */
export function leastNormOfBoth({ w: [u, v], b: [a, c], ...rest }: LinearProblems): number {
  const normAt = (t: number) =>
    leastNorm({
      ...rest,
      w: Array.from(u, (value, j) => (1 - t) * value + t * v[j]),
      b: (1 - t) * a + t * c,
    });
  let [low, high, greatest] = [0, 1, 0];
  for (let round = 0; round < FINER; round++) {
    const width = (high - low) / GRID;
    const weights = Array.from({ length: GRID + 1 }, (_, i) => low + i * width);
    const norms = weights.map(normAt);
    greatest = Math.max(greatest, ...norms);
    if (greatest === Number.POSITIVE_INFINITY) return greatest;
    const best = weights[norms.indexOf(Math.max(...norms))];
    [low, high] = [Math.max(0, best - width), Math.min(1, best + width)];
  }
  return greatest;
}

/** Directions in which the elements that have not stopped may change. */
function sharesOf(
  weights: readonly number[],
  isStopped: (i: number) => boolean,
  norm: Norm,
): readonly (readonly number[])[] {
  const moving = weights.map((v, i) => (isStopped(i) ? 0 : v));
  if (norm === 'l2') return [moving];
  if (norm === 'linf') return [moving.map((v) => (v > 0 ? 1 : 0))];
  return [moving.map(() => 0), ...moving.map((_, k) => moving.map((v, i) => (i === k && v > 0 ? 1 : 0)))];
}
