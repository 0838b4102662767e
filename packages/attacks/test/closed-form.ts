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
  for (let stopped = 0; stopped < 2 ** elements.length; stopped++)
    for (let mover = norm === 'l1' ? -1 : elements.length - 1; mover < elements.length; mover++)
      least = Math.min(least, sizeOfStep({ weights, rooms, need, norm }, { stopped, mover }));
  return least;
}

interface Steps {
  readonly weights: readonly number[];
  /** How far each element can go. */
  readonly rooms: readonly number[];
  /** By how much w·x + b has to fall. */
  readonly need: number;
  readonly norm: Norm;
}

/** Which elements go to their bounds, as bits, and with l1 the only other one that moves. */
interface Moves {
  readonly stopped: number;
  readonly mover: number;
}

/** The norm of the step that just suffices; Infinity where an element would leave its bounds, or none suffices. */
function sizeOfStep({ weights, rooms, need, norm }: Steps, { stopped, mover }: Moves): number {
  const isStopped = (i: number) => (stopped & (1 << i)) !== 0;
  const share = (i: number) => (norm === 'l2' ? weights[i] : norm === 'linf' || i === mover ? 1 : 0);
  let [held, gained] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    if (isStopped(i)) held += weights[i] * rooms[i];
    else gained += weights[i] * share(i);
  }
  if (gained === 0 && held < need) return Number.POSITIVE_INFINITY;
  const factor = gained > 0 ? Math.max(0, need - held) / gained : 0;
  let [sum, squares, most] = [0, 0, 0];
  for (let i = 0; i < weights.length; i++) {
    const step = isStopped(i) ? rooms[i] : factor * share(i);
    if (!(step >= 0 && step <= rooms[i] * (1 + 1e-12))) return Number.POSITIVE_INFINITY;
    sum += step;
    squares += step * step;
    most = Math.max(most, step);
  }
  return { l1: sum, l2: Math.sqrt(squares), linf: most }[norm];
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
