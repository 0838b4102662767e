import { hiddenBounds, lowerBounds } from './bounds.js';
import type { Region } from './region.js';
import type { Affine, ReluLayers } from './relu-layers.js';

/** What is certified: that the class stays the best one, or, with `to`, that this other class does not become better than it. */
export interface Certified extends Omit<Region, 'radius'> {
  /** The class of the input, an element of the output. */
  readonly target: number;
  readonly to?: number;
  /** Relative width of the interval of radii at which the search ends; default 1e-3. */
  readonly tolerance?: number;
}

/** Doublings of the radius until nothing is certified; a radius of 2^40 of the first one counts as all. */
const DOUBLINGS = 40;

/**
 * A radius within which no perturbation changes the class: a lower bound of the smallest perturbation of [H21] Definition 3.1, found by
 * halving. 0 where another class is better at x, and Infinity where the bounds themselves are certified. Sums are in float64 without
 * directed rounding, so that the last digits are not certified.
 */
export function certifiedRadius(layers: ReluLayers, certified: Certified): number {
  const { tolerance = 1e-3 } = certified;
  const margins = marginsOf(layers, certified);
  const isCertified = (radius: number) => {
    const region = { ...certified, radius };
    const bounds = hiddenBounds(layers, region);
    return lowerBounds({ layers, region, bounds }, margins).every((low) => low > 0);
  };
  if (!isCertified(0)) return 0;
  let [low, high] = [0, 1];
  for (let doubling = 0; isCertified(high); doubling++) {
    if (doubling === DOUBLINGS) return Number.POSITIVE_INFINITY;
    [low, high] = [high, 2 * high];
  }
  while (high - low > tolerance * high) {
    const middle = (low + high) / 2;
    if (isCertified(middle)) low = middle;
    else high = middle;
    if (high < 1e-9) break;
  }
  return low;
}

/** The class less each other one that counts, as one affine function. */
function marginsOf({ output, sizes }: ReluLayers, { target, to }: Certified): Affine {
  const others = Array.from({ length: output.size }, (_, k) => k).filter((k) =>
    to === undefined ? k !== target : k === to,
  );
  const matrices = new Map(
    Array.from(output.matrices, ([vector, matrix]) => {
      const length = sizes[vector];
      const rows = others.flatMap((k) =>
        Array.from({ length }, (_, j) => matrix[target * length + j] - matrix[k * length + j]),
      );
      return [vector, Float64Array.from(rows)] as const;
    }),
  );
  const offset = Float64Array.from(others, (k) => output.offset[target] - output.offset[k]);
  return { size: others.length, matrices, offset };
}
