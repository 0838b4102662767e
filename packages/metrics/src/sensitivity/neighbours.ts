import {
  boundEstimate,
  type Estimate,
  fold,
  type Key,
  maximum,
  norm,
  row,
  type Subject,
  sizeOf,
  spans,
  subtract,
  type Tensor,
  toFloat64,
} from '@onnxplain/core';
import { expectSubject } from '../subject.js';
import { explainerOf } from '../subject-explainer.js';
import type { Ball } from './ball.js';
import type { Noise } from './noise.js';

/** An input near x, with a function that explains inputs near it. */
export interface Neighbour {
  readonly input: Tensor;
  /** x - input. */
  readonly delta: Tensor;
  /** The random key of this neighbour. */
  readonly key: Key;
  /** Returns the values of the explanation at an input, with the noise of the metric. */
  explain(at: Tensor): Promise<Tensor>;
}

/** How a metric chooses neighbours, and what it computes at each. */
export interface NeighbourMeasure<Result> {
  readonly where: string;
  readonly ball: Ball;
  readonly noise: Noise;
  readonly compute: (neighbour: Neighbour) => Promise<Result>;
  /** Returns one number for each neighbour, from the results of all neighbours. */
  readonly numbers: (results: readonly Result[]) => readonly number[];
}

/**
 * The name that is folded into the key of the draws. All sensitivities share it, so that with the same ball and key they use the same
 * neighbours. The estimate of sensitivity-max is then at most the radius of an l2 ball times that of sensitivity-lipschitz, as the maxima
 * themselves are.
 */
const DRAWS = 'sensitivity-max';

/**
 * Estimates the largest number over the neighbours of x, as a lower bound; `invalid` when all neighbours equal x. Neighbours run
 * concurrently, so that a score can join them into large batches. How many run at once depends on the cost of the attribution of x, which
 * bounds the rows in memory. Throws `not-applicable` when the subject has no explainer.
 */
export async function largestNear<Result>(
  measure: NeighbourMeasure<Result>,
  subject: Subject,
  key: Key,
): Promise<Estimate> {
  const { where, ball, compute, numbers } = measure;
  expectSubject(where, subject);
  const neighbour = neighbours(measure, subject, fold(key, DRAWS));
  const { x, attribution } = subject;
  const rows = Math.max(1, attribution.cost.forward + attribution.cost.backward);
  const n = ball.count(x.shape);
  const results: Result[] = [];
  let moved = false;
  for (const { from, to } of spans(n, sizeOf(x.shape) * rows)) {
    const near = neighbour(from, to);
    moved ||= near.some(({ delta }) => delta.data.some((value) => value !== 0));
    results.push(...(await Promise.all(near.map(compute))));
  }
  if (!moved) return { kind: 'invalid', reason: `all ${n} neighbours are x itself`, n };
  return boundEstimate(maximum.value(numbers(results).reduce(maximum.add, maximum.init())));
}

/** Makes the neighbours from..to. */
function neighbours(
  { where, ball, noise }: Pick<NeighbourMeasure<never>, 'where' | 'ball' | 'noise'>,
  subject: Subject,
  key: Key,
) {
  const { f, x, attribution } = subject;
  const explain = explainerOf(where, subject);
  return (from: number, to: number): Neighbour[] => {
    const { inputs, deltas } = ball.perturbation(x, fold(key, 'draws'), from, to);
    return Array.from({ length: to - from }, (_, i) => {
      const own = fold(fold(key, 'neighbour'), from + i);
      const seed = noise === 'shared' ? attribution.key : fold(own, 'explain');
      return {
        input: row(inputs, i),
        delta: row(deltas, i),
        key: own,
        explain: async (at) => (await explain(f, at, seed)).values,
      };
    });
  };
}

/** ‖a - b‖₂ over all elements, in float64. */
export function distance(a: Tensor, b: Tensor): number {
  return norm(subtract(toFloat64(a), toFloat64(b)), 'l2');
}
