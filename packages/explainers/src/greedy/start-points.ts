import {
  type Features,
  type Norm,
  type Perturbed,
  type Products,
  row,
  type Score,
  stack,
  type Tensor,
  tensor,
} from '@onnxplain/core';

/** Where sets of features of one input are attacked. */
export interface Place {
  readonly margin: Score;
  readonly x: Tensor;
  readonly features: Features;
  /** Where large matrix products are computed. */
  readonly products: Products;
}

/** A perturbed input and its distance from the input. */
export interface NearPoint {
  readonly point: Tensor;
  readonly norm: number;
}

/** Points where searches may begin, each with the margin made linear there. */
export interface StartPoints {
  readonly points: readonly Tensor[];
  /** The linear margin of each point at the input. */
  readonly heights: Float64Array;
  /** By how much a perturbation of each feature can lower it: the sum of |slope|^q over its elements, [points, features.count]. */
  readonly powers: Tensor;
  /** q: 1 where the norm is linf, else 2. */
  readonly order: 1 | 2;
}

/**
 * Makes the margin linear at some points, which costs one value and one gradient for each. Elements that the bounds let move in one
 * direction only, such as black pixels, count only if the margin falls in that direction.
 */
export async function startPointsAt(
  { margin, x, features }: Place,
  points: readonly Tensor[],
  norm: Norm,
): Promise<StartPoints> {
  const order = norm === 'linf' ? 1 : 2;
  const batch = stack(points);
  const heights = Float64Array.from(await margin.value(batch));
  const slopes = await margin.gradient(batch);
  const powers = new Float64Array(points.length * features.count);
  const [low, high] = margin.bounds;
  points.forEach((point, k) => {
    row(slopes, k).data.forEach((slope, j) => {
      heights[k] += slope * (x.data[j] - point.data[j]);
      const room = slope > 0 ? x.data[j] - low : high - x.data[j];
      if (room > 0) powers[k * features.count + features.of[j]] += Math.abs(slope) ** order;
    });
  });
  return { points, heights, powers: tensor(powers, [points.length, features.count]), order };
}

/** Sets whose distances are computed at a time. */
const ROWS = 1024;

/**
 * For each set of free features [n, features.count], the point whose linear margin can be brought to 0 by the least perturbation of the set
 * alone, apart from bounds. `isAllowed` says whether a set may have a point; where it may have none, the answer is the first point.
 */
export async function nearestPoints(
  { points, heights, powers, order }: StartPoints,
  free: Uint8Array,
  { products, isAllowed = () => true }: Choice,
): Promise<readonly Tensor[]> {
  const count = powers.shape[1];
  const nearest: Tensor[] = [];
  for (let from = 0; from < free.length; from += ROWS * count) {
    const sets = Float64Array.from(free.subarray(from, from + ROWS * count));
    const sums = await products.timesTranspose(tensor(sets, [sets.length / count, count]), powers);
    for (let at = 0; at < sets.length / count; at++) {
      const [set, distances] = [nearest.length, row(sums, at).data];
      let best = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let k = 0; k < points.length; k++) {
        const distance = heights[k] / distances[k] ** (1 / order);
        if (!(heights[k] > 0 && distance < least && isAllowed(set, k))) continue;
        best = k;
        least = distance;
      }
      nearest.push(points[best]);
    }
  }
  return nearest;
}

interface Choice {
  readonly products: Products;
  isAllowed?(set: number, point: number): boolean;
}

/** The nearer one of a point and what an attack found. */
export function nearer(best: NearPoint | undefined, { point, estimate }: Perturbed): NearPoint | undefined {
  if (point === undefined || !('value' in estimate)) return best;
  return best === undefined || estimate.value < best.norm ? { point, norm: estimate.value } : best;
}
