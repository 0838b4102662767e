import {
  type Explainer,
  fold,
  inputRows,
  type Key,
  lazyRow,
  once,
  type Score,
  type Subject,
  subtract,
  type Tensor,
  valuesOfEach,
} from '@onnxplain/core';
import { explainerOf } from '../subject-explainer.js';
import type { Ball } from './ball.js';
import type { Noise } from './noise.js';

/** An input near x, with a function that explains inputs near it. */
export interface Neighbour {
  input(): Tensor;
  /** x less the input. */
  delta(): Tensor;
  /** The random key of this neighbour. */
  readonly key: Key;
  /** Returns the values of the explanation at the input, with the noise of the metric. */
  explained(): Promise<Tensor>;
  /** Returns them at another input, or of another score. */
  explain(at: Tensor, of?: Score): Promise<Tensor>;
}

/** Neighbours that the ball draws. Their explanations hold until those of other draws are computed. */
export interface DrawnNeighbours {
  /** The inputs, [n, ...shape], computed when they are read. */
  readonly inputs: Tensor;
  /** Returns the values of the explanations at all of them, as {@link Neighbour.explained} does one by one. */
  values(): Promise<readonly Tensor[]>;
  each(): readonly Neighbour[];
}

/** Makes inputs near x. */
export interface Neighbourhood {
  /** The neighbours from..to. */
  drawn(from: number, to: number): DrawnNeighbours;
  /** The input x + offset, in the number type of x. `key` is that of its noise. */
  at(offset: Float64Array, key: Key): Neighbour;
}

export interface NeighbourhoodOptions {
  readonly where: string;
  readonly ball: Ball;
  readonly noise: Noise;
  /** Computes the gradients at drawn neighbours. */
  readonly gradientOf: Score['gradient'];
}

/** The inputs near the x of a subject. Throws `not-applicable` when the subject has no explainer. */
export function neighbourhoodOf(
  { where, ball, noise, gradientOf }: NeighbourhoodOptions,
  subject: Subject,
  key: Key,
): Neighbourhood {
  const { f, x, attribution } = subject;
  const explain = explainerOf(where, subject);
  const seedOf = (own: Key) => (noise === 'shared' ? attribution.key : fold(own, 'explain'));
  const neighbour = neighbourMaker(subject, explain, seedOf);
  return {
    drawn(from, to) {
      const inputs = inputRows(x, ball.perturbation(x, fold(key, 'draws'), from, to));
      const parent = fold(key, 'neighbour');
      const owns = Array.from({ length: to - from }, (_, i) => fold(parent, from + i));
      const rows = { batch: inputs, keys: owns.map(seedOf), gradientOf };
      const values = once(() => valuesOfEach(explain, f, rows));
      const inputAt = (i: number) => () => lazyRow(inputs, i);
      return {
        inputs,
        values,
        each: () => owns.map((own, i) => neighbour(inputAt(i), own, async () => (await values())[i])),
      };
    },
    at: (offset, own) => neighbour(() => ({ ...x, data: x.data.map((value, i) => value + offset[i]) }), own),
  };
}

/** Returns a function that makes the neighbour of an input and a key; `explained` gives its explanation where it is known. */
function neighbourMaker(
  { f, x }: Subject,
  explain: Explainer,
  seedOf: (own: Key) => Key,
): (make: () => Tensor, own: Key, explained?: () => Promise<Tensor>) => Neighbour {
  return (make, own, explained) => {
    const input = once(make);
    const explainAt: Neighbour['explain'] = async (at, of = f) => (await explain(of, at, seedOf(own))).values;
    return {
      input,
      delta: once(() => subtract(x, input())),
      key: own,
      explained: explained ?? (() => explainAt(input())),
      explain: explainAt,
    };
  };
}
