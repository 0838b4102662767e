import {
  explainEach,
  fold,
  type Key,
  once,
  row,
  type Score,
  type Subject,
  subtract,
  type Tensor,
} from '@onnxplain/core';
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
  /** Returns the values of the explanation at an input, with the noise of the metric; of another score where one is given. */
  explain(at: Tensor, of?: Score): Promise<Tensor>;
}

/** Makes inputs near x. */
export interface Neighbourhood {
  /** The neighbours from..to that the ball draws. */
  drawn(from: number, to: number): readonly Neighbour[];
  /** The input x + offset, in the number type of x. `key` is that of its noise. */
  at(offset: Float64Array, key: Key): Neighbour;
}

export interface NeighbourhoodOptions {
  readonly where: string;
  readonly ball: Ball;
  readonly noise: Noise;
}

/** The inputs near the x of a subject. Throws `not-applicable` when the subject has no explainer. */
export function neighbourhoodOf(
  { where, ball, noise }: NeighbourhoodOptions,
  subject: Subject,
  key: Key,
): Neighbourhood {
  const { f, x, attribution } = subject;
  const explain = explainerOf(where, subject);
  const seedOf = (own: Key) => (noise === 'shared' ? attribution.key : fold(own, 'explain'));
  const neighbour = (input: Tensor, delta: Tensor, own: Key): Neighbour => ({
    input,
    delta,
    key: own,
    explain: async (at, of = f) => (await explain(of, at, seedOf(own))).values,
  });
  return {
    drawn(from, to) {
      const { inputs, deltas } = ball.perturbation(x, fold(key, 'draws'), from, to);
      const owns = Array.from({ length: to - from }, (_, i) => fold(fold(key, 'neighbour'), from + i));
      const all = once(() => explainEach(explain, f, { batch: inputs, keys: owns.map(seedOf) }));
      return owns.map((own, i) => {
        const drawn = neighbour(row(inputs, i), row(deltas, i), own);
        return {
          ...drawn,
          explain: async (at, of = f) =>
            at === drawn.input && of === f ? (await all())[i].values : drawn.explain(at, of),
        };
      });
    },
    at(offset, own) {
      const input = { ...x, data: x.data.map((value, i) => value + offset[i]) };
      return neighbour(input, subtract(x, input), own);
    },
  };
}
