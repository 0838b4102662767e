import { leastChangeOver, type Region } from './region.js';
import type { Affine, ReluLayers } from './relu-layers.js';

/** Least and greatest values of a vector over a region. */
export interface ValueBounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Bounds of the values before every rectifier over a region, by linear relaxation from the input on. */
export function hiddenBounds(layers: ReluLayers, region: Region): readonly ValueBounds[] {
  const bounds: ValueBounds[] = [];
  for (const affine of layers.hidden) {
    const low = lowerBounds({ layers, region, bounds }, affine);
    const high = lowerBounds({ layers, region, bounds }, negated(affine)).map((v) => -v);
    bounds.push({ low, high });
  }
  return bounds;
}

/** What a relaxation knows: the bounds before the rectifiers that come first. */
export interface Relaxation {
  readonly layers: ReluLayers;
  readonly region: Region;
  readonly bounds: readonly ValueBounds[];
}

/**
 * Lower bounds of the rows of an affine function of the vectors over a region. Each rectifier is replaced by a line below or above it, by
 * the sign of its weight, from the last one back to the input: below, by slope 1 or 0, whichever loses less area; above, by the chord.
 * Source: Zhang et al. 2018 (CROWN).
 */
export function lowerBounds({ layers, region, bounds }: Relaxation, affine: Affine): Float64Array {
  return Float64Array.from({ length: affine.size }, (_, row) => {
    const weights = layers.sizes.map((length, k) => {
      const matrix = affine.matrices.get(k);
      return matrix?.slice(row * length, (row + 1) * length) ?? new Float64Array(length);
    });
    let constant = affine.offset[row];
    for (let k = bounds.length; k > 0; k--) {
      const relaxed = relax(weights[k], bounds[k - 1]);
      constant += relaxed.constant;
      constant += passBack(relaxed.weights, { affine: layers.hidden[k - 1], weights, sizes: layers.sizes });
    }
    const slopes = weights[0];
    for (let j = 0; j < slopes.length; j++) constant += slopes[j] * region.x[j];
    return constant + leastChangeOver(slopes, region);
  });
}

/** Weights of the values before a rectifier whose weighted sum, plus the constant, is at most that of the values after it. */
function relax(weights: Float64Array, { low, high }: ValueBounds) {
  let constant = 0;
  const before = weights.map((weight, i) => {
    if (weight === 0 || high[i] <= 0) return 0;
    if (low[i] >= 0) return weight;
    if (weight > 0) return high[i] > -low[i] ? weight : 0;
    const slope = high[i] / (high[i] - low[i]);
    constant -= weight * slope * low[i];
    return weight * slope;
  });
  return { weights: before, constant };
}

interface Passed {
  readonly affine: Affine;
  /** Weights of all vectors, to which those of the values before the rectifier are added. */
  readonly weights: readonly Float64Array[];
  readonly sizes: readonly number[];
}

/** Puts the affine function for its values. Returns the weighted sum of its offsets. */
function passBack(before: Float64Array, { affine, weights, sizes }: Passed): number {
  let constant = 0;
  before.forEach((weight, i) => {
    if (weight !== 0) constant += weight * affine.offset[i];
  });
  for (const [k, matrix] of affine.matrices) {
    const [length, into] = [sizes[k], weights[k]];
    before.forEach((weight, i) => {
      if (weight !== 0) for (let j = 0; j < length; j++) into[j] += weight * matrix[i * length + j];
    });
  }
  return constant;
}

const negated = ({ size, matrices, offset }: Affine): Affine => ({
  size,
  matrices: new Map(Array.from(matrices, ([k, matrix]) => [k, matrix.map((v) => -v)] as const)),
  offset: offset.map((v) => -v),
});
