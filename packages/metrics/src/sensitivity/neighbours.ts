import {
  boundEstimate,
  type Estimate,
  type Explainer,
  fail,
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
import type { Ball } from './ball.js';
import type { Noise } from './noise.js';

/** An input near x, and how it is explained there. */
export interface Neighbour {
  readonly input: Tensor;
  /** x - input. */
  readonly delta: Tensor;
  /** This neighbour's own randomness. */
  readonly key: Key;
  /** Values of the explanation at an input, with the noise that was chosen. */
  explain(at: Tensor): Promise<Tensor>;
}

/** What a metric computes at each neighbour. */
export interface NeighbourQuestion<Answer> {
  readonly where: string;
  readonly ball: Ball;
  readonly noise: Noise;
  readonly answer: (neighbour: Neighbour) => Promise<Answer>;
  /** The number of each neighbour, from the answers of all. */
  readonly numbers: (answers: readonly Answer[]) => readonly number[];
}

/**
 * The name that is folded into the key of the draws. All sensitivities share it, so that with one ball and key they look at the same
 * neighbours. The estimate of sensitivity-max is then at most the radius of an l2 ball times that of sensitivity-lipschitz, as the maxima
 * themselves are.
 */
const DRAWS = 'sensitivity-max';

/**
 * The largest number over the neighbours of x, a lower bound; `invalid` when all neighbours are x itself. Neighbours run concurrently,
 * so many that the number of rows in flight stays bounded (by the cost of the attribution of x), so that a score can join them into
 * large batches. Throws `not-applicable` when the subject has no explainer.
 */
export async function largestNear<Answer>(
  question: NeighbourQuestion<Answer>,
  subject: Subject,
  key: Key,
): Promise<Estimate> {
  const { where, ball, answer, numbers } = question;
  expectSubject(where, subject);
  const neighbour = neighbours(question, subject, fold(key, DRAWS));
  const { x, attribution } = subject;
  const rows = Math.max(1, attribution.cost.forward + attribution.cost.backward);
  const n = ball.count(x.shape);
  const answers: Answer[] = [];
  let moved = false;
  for (const { from, to } of spans(n, sizeOf(x.shape) * rows)) {
    const near = neighbour(from, to);
    moved ||= near.some(({ delta }) => delta.data.some((value) => value !== 0));
    answers.push(...(await Promise.all(near.map(answer))));
  }
  if (!moved) return { kind: 'invalid', reason: `all ${n} neighbours are x itself`, n };
  return boundEstimate(maximum.value(numbers(answers).reduce(maximum.add, maximum.init())));
}

/** Makes the neighbours from..to. */
function neighbours(
  { where, ball, noise }: Pick<NeighbourQuestion<never>, 'where' | 'ball' | 'noise'>,
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

function explainerOf(where: string, { explain, attribution }: Subject): Explainer {
  if (explain !== undefined) return explain;
  return fail({
    code: 'not-applicable',
    where,
    expected: 'a subject that carries its explainer, to explain inputs near x',
    got: `only the attribution that ${attribution.method} made`,
    remedy: 'Give the explainer as `explain`.',
  });
}

/** ‖a - b‖₂ over all elements, in float64. */
export function distance(a: Tensor, b: Tensor): number {
  return norm(subtract(toFloat64(a), toFloat64(b)), 'l2');
}
