import {
  fold,
  furthestAlong,
  type Key,
  type NormBall,
  norm,
  type Subject,
  subtract,
  type Tensor,
  toFloat64,
} from '@onnxplain/core';
import type { Neighbour, Neighbourhood } from './neighbourhood.js';

/** Share of the explanations that are made at draws, of which ascents begin at the best. */
const DRAWN = 1 / 5;
/** Explanations of one step: on both sides of a point, and at the next one. */
const STEP = 3;
/** Steps of one ascent. Where there are explanations for several ascents, these run concurrently. */
const STEPS = 16;
/** After so many points in a row that find nothing greater, an ascent begins again at another draw. */
const PATIENCE = 2;
/** Share of the last direction that the next one keeps. Kinks make single directions noisy; the mean of several points uphill. */
const MOMENTUM = 0.5;

/** Returns the next offset from x for a direction that is uphill and the number of steps so far. It lies in the ball. */
export type NextOffset = (direction: Float64Array, ball: NormBall, step: number) => Float64Array;

/** A search for a point of a ball at which the explanation differs most from the one at x. */
export interface Ascent<Result> {
  readonly ball: NormBall;
  readonly near: Neighbourhood;
  readonly subject: Subject;
  readonly key: Key;
  /** Computes what the metric needs at a point. Its explanation at the point itself has been made. */
  readonly compute: (neighbour: Neighbour) => Promise<Result>;
  /** Default: the offset that is furthest along the direction. */
  readonly next?: NextOffset;
}

/** What the points of the search gave, and how many explanations were made. */
export interface Climbed<Result> {
  readonly results: readonly Result[];
  readonly explanations: number;
}

/** A point with what was found there. */
interface Visited<Result> {
  readonly neighbour: Neighbour;
  readonly result: Result;
  /** Φ(x + δ) - Φ(x), and its Euclidean length. */
  readonly change: Tensor;
  readonly length: number;
}

/**
 * Follows the gradient of ½‖Φ(x + δ) - Φ(x)‖² over δ, with at most n explanations, from the best of n/5 draws. The gradient is Jᵀc,
 * with J the Jacobian of Φ at x + δ and c = Φ(x + δ) - Φ(x). Each next δ is the point of the ball that is furthest along the gradients
 * so far.
 *
 * J is taken as symmetric, as that of a gradient is, and of means of gradients, so that Jᵀc is the derivative of Φ along c. It is taken
 * as a difference quotient over a length of the radius: the gradient of a ReLU network is constant between kinks, where J is 0, and only
 * a long quotient sees the kinks. For other explainers the direction need not be uphill. Every point is in the ball, so that what is
 * measured there is a lower bound in any case.
 * Source: the generalised power method, Journée et al. 2010, with difference quotients for gradients.
 */
export async function ascend<Result>(ascent: Ascent<Result>, n: number): Promise<Climbed<Result>> {
  const drawn = Math.max(1, Math.round(DRAWN * n));
  const starts = await Promise.all(
    ascent.near
      .drawn(0, drawn)
      .each()
      .map((each) => visit(ascent, each)),
  );
  const steps = Math.floor((n - drawn) / STEP);
  const climbs = Math.min(drawn, Math.max(1, Math.round(steps / STEPS)));
  const ranked = starts.toSorted((a, b) => b.length - a.length);
  const found = await Promise.all(
    Array.from({ length: climbs }, (_, which) =>
      climb(
        { ...ascent, key: fold(ascent.key, which) },
        ranked.filter((_, rank) => rank % climbs === which),
        Math.floor((steps + which) / climbs),
      ),
    ),
  );
  const results = [starts, ...found].flat().map(({ result }) => result);
  return { results, explanations: drawn + STEP * steps };
}

/** The points of one ascent, from the first of `starts`; from the next one whenever it finds nothing greater. */
async function climb<Result>(
  ascent: Ascent<Result>,
  starts: readonly Visited<Result>[],
  steps: number,
): Promise<readonly Visited<Result>[]> {
  const { ball, near, key, next = furthestAlong } = ascent;
  const found: Visited<Result>[] = [];
  let start = 0;
  let point = starts[start];
  let most = point.length;
  let idle = 0;
  let direction = new Float64Array(point.change.data.length);
  for (let step = 0; step < steps; step++) {
    const uphill = await gradientAt(ascent, point);
    direction = direction.map((value, i) => MOMENTUM * value + uphill[i]);
    point = await visit(ascent, near.at(next(direction, ball, step), fold(key, step)));
    found.push(point);
    idle = point.length > most ? 0 : idle + 1;
    most = Math.max(most, point.length);
    if (idle < PATIENCE) continue;
    start = (start + 1) % starts.length;
    point = starts[start];
    most = point.length;
    idle = 0;
    direction = new Float64Array(direction.length);
  }
  return found;
}

/** Explains a point, once, and computes what the metric needs there. */
async function visit<Result>(
  { subject, compute }: Ascent<Result>,
  neighbour: Neighbour,
): Promise<Visited<Result>> {
  const values = await neighbour.explained();
  const once = { ...neighbour, explained: async () => values };
  const change = subtract(toFloat64(values), toFloat64(subject.attribution.values));
  return { neighbour, result: await compute(once), change, length: norm(change, 'l2') };
}

/** Jᵀc of length 1, as a difference quotient along c. Zeros where Φ does not change, or is not finite. */
async function gradientAt<Result>(
  { ball }: Ascent<Result>,
  { change, neighbour }: Visited<Result>,
): Promise<Float64Array> {
  const c = unit(change);
  const reach = greatestLength(ball, c.length) / 2;
  const input = neighbour.input();
  const beside = (side: number): Tensor => ({
    ...input,
    data: input.data.map((value, i) => value + side * reach * c[i]),
  });
  const [ahead, behind] = await Promise.all([neighbour.explain(beside(1)), neighbour.explain(beside(-1))]);
  return unit(subtract(toFloat64(ahead), toFloat64(behind)));
}

/** The values divided by their Euclidean length; zeros where that is 0 or not finite. */
function unit(values: Tensor): Float64Array {
  const length = norm(values, 'l2');
  return Float64Array.from(values.data, (value) =>
    length > 0 && Number.isFinite(length) ? value / length : 0,
  );
}

/** Euclidean length of the longest points of a ball in d dimensions. */
function greatestLength({ norm: order, radius }: NormBall, d: number): number {
  return order === 'linf' ? radius * Math.sqrt(d) : radius;
}
