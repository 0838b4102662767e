import {
  asBatch,
  boundEstimate,
  type Estimate,
  expectShape,
  fold,
  type Key,
  lazyRow,
  maximum,
  norm,
  type Subject,
  sizeOf,
  spans,
  squaredDistance,
  squaredDistances,
  subtract,
  type Tensor,
  toFloat64,
  withGradients,
} from '@onnxplain/core';
import { expectSubject } from '../subject.js';
import { ascend, type NextOffset } from './ascent.js';
import {
  type Neighbour,
  type Neighbourhood,
  type NeighbourhoodOptions,
  neighbourhoodOf,
} from './neighbourhood.js';

/** How a metric chooses neighbours, and what it computes at each. */
export interface NeighbourMeasure<Result> extends Omit<NeighbourhoodOptions, 'gradientOf'> {
  readonly compute: (neighbour: Neighbour) => Promise<Result>;
  /** The same from the values of the explanations at several neighbours; absent where `compute` takes more of these. */
  readonly ofValues?: (values: readonly Tensor[]) => readonly Result[];
  /** Returns one number for each neighbour, from the results of all neighbours. */
  readonly numbers: (results: readonly Result[]) => readonly number[];
  /** How an ascent goes on. Default: to the point of the ball that is furthest along the direction uphill. */
  readonly next?: NextOffset;
}

/**
 * The name that is folded into the key of the draws. All sensitivities share it, so that with the same ball and key they use the same
 * neighbours. The estimate of sensitivity-max is then at most the radius of an l2 ball times that of sensitivity-lipschitz, as the maxima
 * themselves are.
 */
const DRAWS = 'sensitivity-max';

/**
 * Estimates the largest number over the neighbours of x, as a lower bound; `invalid` when all neighbours equal x. Its n is the number of
 * neighbours that were drawn, or of explanations of the search. Throws `not-applicable` when the subject has no explainer.
 */
export async function largestNear<Result>(
  measure: NeighbourMeasure<Result>,
  subject: Subject,
  key: Key,
): Promise<Largest<Result>> {
  expectSubject(measure.where, subject);
  return withGradients(subject.f, (gradientOf) =>
    largestOf(measure, subject, {
      key,
      near: neighbourhoodOf({ ...measure, gradientOf }, subject, fold(key, DRAWS)),
    }),
  );
}

interface Largest<Result> {
  readonly estimate: Estimate;
  readonly results: readonly Result[];
}

async function largestOf<Result>(
  measure: NeighbourMeasure<Result>,
  subject: Subject,
  { key, near }: { readonly key: Key; readonly near: Neighbourhood },
): Promise<Largest<Result>> {
  const { ball, ofValues, numbers, next } = measure;
  const n = ball.count(subject.x.shape);
  let moved = false;
  const see = (inputs: Tensor) => {
    moved ||= hasOtherRows(subject.x, inputs);
  };
  const compute = (neighbour: Neighbour) => {
    see(asBatch(neighbour.input()));
    return measure.compute(neighbour);
  };
  const { results, explanations } =
    ball.ascent === undefined
      ? { results: await computeDrawn(near, { subject, compute, ofValues, see, n }), explanations: n }
      : await ascend({ ball: ball.ascent, near, subject, key: fold(key, 'ascent'), compute, next }, n);
  if (!moved) {
    return {
      estimate: {
        kind: 'invalid',
        reason: `${n === 1 ? 'the only neighbour is' : `all ${n} neighbours are`} x itself`,
        n,
      },
      results: [],
    };
  }
  const largest = maximum.value(numbers(results).reduce(maximum.add, maximum.init()));
  return { estimate: boundEstimate({ ...largest, n: explanations - largest.nonFinite }), results };
}

interface DrawnTask<Result> extends Pick<NeighbourMeasure<Result>, 'compute' | 'ofValues'> {
  readonly subject: Subject;
  /** Takes the inputs [n, ...shape] of the neighbours whose results are not from `compute`. */
  readonly see: (inputs: Tensor) => void;
  readonly n: number;
}

/** Whether a row of the inputs [n, ...shape of x] is not x. */
function hasOtherRows(x: Tensor, inputs: Tensor): boolean {
  const [n] = inputs.shape;
  for (let i = 0; i < n; i++) {
    if (lazyRow(inputs, i).data.some((value: number, j: number) => value !== x.data[j])) return true;
  }
  return false;
}

/** Elements that a neighbour takes for each of its own, together with the objects that explain it. */
const ARRAYS = 4;

/**
 * The results at n drawn neighbours. They run concurrently, so that a score can join them into large batches. How many run at once depends
 * on the cost of the attribution of x, which bounds the rows in memory.
 */
async function computeDrawn<Result>(
  near: Neighbourhood,
  { subject: { x, attribution }, compute, ofValues, see, n }: DrawnTask<Result>,
): Promise<readonly Result[]> {
  const rows = Math.max(1, attribution.cost.forward + attribution.cost.backward);
  const results: Result[] = [];
  for (const { from, to } of spans(n, ARRAYS * sizeOf(x.shape) * rows)) {
    const drawn = near.drawn(from, to);
    if (ofValues === undefined) results.push(...(await Promise.all(drawn.each().map(compute))));
    else {
      see(drawn.inputs);
      results.push(...ofValues(await drawn.values()));
    }
  }
  return results;
}

/** Sums of squares between these lose nothing to the smallest or largest numbers of float64. */
const SQUARES = { least: 1e-200, most: 1e200 };

/** ‖a - b‖₂ over all elements, in float64; NaN where an element is. Throws `tensor-shape` for other shapes. */
export function distance(a: Tensor, b: Tensor): number {
  expectShape('distance', b, a.shape);
  return rootOf(squaredDistance(a.data, b.data), a, b);
}

/** {@link distance} of each of some tensors to another one. */
export function distances(tensors: readonly Tensor[], to: Tensor): readonly number[] {
  for (const each of tensors) expectShape('distances', each, to.shape);
  const squares = squaredDistances(
    tensors.map(({ data }) => data),
    to.data,
  );
  return tensors.map((each, i) => rootOf(squares[i], each, to));
}

/** ‖a - b‖₂ from its square, or from the numbers where the square may have lost some. */
function rootOf(squares: number, a: Tensor, b: Tensor): number {
  return squares > SQUARES.least && squares < SQUARES.most
    ? Math.sqrt(squares)
    : norm(subtract(toFloat64(a), toFloat64(b)), 'l2');
}
