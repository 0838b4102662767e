import {
  type Classifier,
  classifierScore,
  linearClassifier,
  type Score,
  tensor,
  zeros,
} from '@onnxplain/core';

type Rows = readonly Float64Array[];

/** Weights and offsets of a layer: one row and one number for each of its outputs. */
export interface Layer {
  readonly w: Rows;
  readonly b: readonly number[];
}

const matrix = (w: Rows) => tensor(Float64Array.from(w.flatMap((row) => [...row])), [w.length, w[0].length]);

/** The margin of a class of the classifier with logits Wx + b. */
export function affineMargin({ w, b }: Layer, target: number, bounds?: readonly [number, number]): Score {
  return linearClassifier(matrix(w), tensor(b, [b.length]), { target, link: 'margin', bounds });
}

const apply = ({ w, b }: Layer, x: ArrayLike<number>): Float64Array =>
  Float64Array.from(w, (row, k) => row.reduce((sum: number, v: number, j: number) => sum + v * x[j], b[k]));

const pullBack = ({ w }: Layer, weights: ArrayLike<number>): Float64Array =>
  Float64Array.from(w[0], (_, j) => w.reduce((sum, row, k) => sum + weights[k] * row[j], 0));

/** The classifier with logits V·relu(Wx + b) + c. */
export function reluNet(inner: Layer, outer: Layer, bounds?: readonly [number, number]): Classifier {
  const shape = [inner.w[0].length];
  const hidden = (x: ArrayLike<number>) => apply(inner, x);
  return {
    shape,
    count: outer.w.length,
    ...(bounds && { bounds }),
    logits: ({ data }) =>
      apply(
        outer,
        hidden(data).map((v) => Math.max(0, v)),
      ),
    pullback({ data }, weights) {
      const slopes = pullBack(outer, weights);
      const open = hidden(data).map((v, i) => (v > 0 ? slopes[i] : 0));
      return tensor(pullBack(inner, open), shape);
    },
  };
}

/** The margin of the class that a classifier gives an input. */
export function predictedMargin(classifier: Classifier, x: Float64Array): Score {
  const logits = Array.from(classifier.logits(tensor(x, classifier.shape)));
  return classifierScore(classifier, { target: logits.indexOf(Math.max(...logits)), link: 'margin' });
}

/** The same score without class scores, so that attacks see the margin only. */
export function withoutClasses({ classes: _, ...rest }: Score): Score {
  return rest;
}

/** A score of which each call evaluates at most `size` rows at a time. */
export function inPieces(f: Score, size: number): Score {
  return {
    ...withoutClasses(f),
    async value(batch) {
      const n = batch.shape[0];
      const out = new Float64Array(n);
      const width = batch.data.length / n;
      for (let from = 0; from < n; from += size) {
        const to = Math.min(n, from + size);
        const part = { shape: [to - from, ...f.shape], data: batch.data.subarray(from * width, to * width) };
        out.set(await f.value(part), from);
      }
      return out;
    },
    async gradient(batch) {
      const n = batch.shape[0];
      const out = zeros(batch.shape);
      const width = batch.data.length / n;
      for (let from = 0; from < n; from += size) {
        const to = Math.min(n, from + size);
        const part = { shape: [to - from, ...f.shape], data: batch.data.subarray(from * width, to * width) };
        out.data.set((await f.gradient(part)).data, from * width);
      }
      return out;
    },
  };
}
