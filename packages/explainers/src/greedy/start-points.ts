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

/** A point where searches may begin. */
export interface StartPoint extends NearPoint {
  /** The class that wins there, see {@link winnersAt}. */
  readonly winner: number;
}

/** Points where searches may begin, each with the margin made linear there. */
export interface StartPoints {
  readonly points: readonly StartPoint[];
  /** The linear margin of each point at the input. */
  readonly heights: Float64Array;
  /** By how much a perturbation of each feature can lower it: the sum of |slope|^q over its elements, [points, features.count]. */
  readonly powers: Tensor;
  /** q: 1 where the norm is linf, else 2. */
  readonly order: 1 | 2;
}

/**
 * The class that wins at each perturbed input over that of the score. It is 0 for all where the margin does not show its classes, leads to
 * a target, or has two classes only: there is then one boundary to meet.
 */
export async function winnersAt({ classes }: Score, points: readonly Tensor[]): Promise<readonly number[]> {
  if (points.length === 0 || classes === undefined || classes.targeted === true || classes.count < 3)
    return points.map(() => 0);
  const numbers = await classes.values(stack(points));
  return points.map((_, at) => {
    const own = row(numbers, at).data;
    let winner = classes.target === 0 ? 1 : 0;
    for (let k = 0; k < classes.count; k++) if (k !== classes.target && own[k] > own[winner]) winner = k;
    return winner;
  });
}

/**
 * Makes the margin linear at some points, which costs one value and one gradient for each. Elements that the bounds let move in one
 * direction only, such as black pixels, count only if the margin falls in that direction.
 */
export async function startPointsAt(
  { margin, x, features }: Place,
  points: readonly StartPoint[],
  norm: Norm,
): Promise<StartPoints> {
  const order = norm === 'linf' ? 1 : 2;
  const batch = stack(points.map(({ point }) => point));
  const heights = Float64Array.from(await margin.value(batch));
  const slopes = await margin.gradient(batch);
  const powers = new Float64Array(points.length * features.count);
  const [low, high] = margin.bounds;
  points.forEach(({ point }, k) => {
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

/** Starts of one set, by their numbers. */
export interface Nearest {
  readonly first: number;
  /** The estimated norm of the smallest perturbation by the first. */
  readonly distance: number;
  /** The nearest one at which another class wins, where it is about as near. */
  readonly second?: number;
}

interface Choice {
  readonly products: Products;
  /** Whether a set may have a point; default: it may have each. */
  isAllowed?(set: number, point: number): boolean;
  /** What distances are multiplied by, for each class that wins; default 1. */
  readonly factors?: ReadonlyMap<number, number>;
  /** By which factor the second may be farther away than the first; default: there is no second. */
  readonly reach?: number;
}

/**
 * For each set of free features [n, features.count], the point whose linear margin can be brought to 0 by the least perturbation of the set
 * alone, apart from bounds. Where a set may have none, the answer is the first point.
 */
export async function nearestStarts(
  starts: StartPoints,
  free: Uint8Array,
  choice: Choice,
): Promise<readonly Nearest[]> {
  const count = starts.powers.shape[1];
  const nearest: Nearest[] = [];
  for (let from = 0; from < free.length; from += ROWS * count) {
    const sets = Float64Array.from(free.subarray(from, from + ROWS * count));
    const sums = await choice.products.timesTranspose(
      tensor(sets, [sets.length / count, count]),
      starts.powers,
    );
    for (let at = 0; at < sets.length / count; at++)
      nearest.push(nearestOf(starts, choice, { set: nearest.length, sums: row(sums, at).data }));
  }
  return nearest;
}

/** A set with the sum of the powers of its features at each point. */
interface SetSums {
  readonly set: number;
  readonly sums: ArrayLike<number>;
}

function nearestOf(
  { points, heights, order }: StartPoints,
  { isAllowed = () => true, factors, reach = 0 }: Choice,
  { set, sums }: SetSums,
): Nearest {
  const distances = points.map(({ winner }, k) =>
    heights[k] > 0 && isAllowed(set, k)
      ? ((factors?.get(winner) ?? 1) * heights[k]) / sums[k] ** (1 / order)
      : Number.POSITIVE_INFINITY,
  );
  const least = (other?: number) =>
    distances.reduce(
      (best, each, k) => (each < distances[best] && points[k].winner !== other ? k : best),
      other === undefined ? 0 : points.findIndex(({ winner }) => winner !== other),
    );
  const first = least();
  const distance = distances[first];
  if (reach === 0 || distance === Number.POSITIVE_INFINITY) return { first, distance };
  const second = least(points[first].winner);
  return second >= 0 && distances[second] <= reach * distance
    ? { first, distance, second }
    : { first, distance };
}

/** The nearer one of a point and what an attack found. */
export function nearer(best: NearPoint | undefined, { point, estimate }: Perturbed): NearPoint | undefined {
  if (point === undefined || !('value' in estimate)) return best;
  return best === undefined || estimate.value < best.norm ? { point, norm: estimate.value } : best;
}
