import {
  asBatch,
  dot,
  type Explainer,
  functionScore,
  type Key,
  key,
  linearScore,
  named,
  quadraticScore,
  row,
  rows,
  type Score,
  type Subject,
  type Tensor,
  toFloat64,
  zeros,
} from '@onnxplain/core';
import { normalsOf } from './normals.js';

export const shape = [3, 4];
export const seed = key(13);
export const normals = normalsOf(seed);

const x = normals('x', shape);
const w = normals('w', shape);

/** The explainer whose attribution is the gradient. */
export const slope: Explainer = named(
  async (f: Score, at: Tensor, k: typeof seed) => ({
    values: toFloat64(row(await f.gradient(asBatch(at)), 0)),
    kind: 'local' as const,
    method: 'slope',
    key: k,
    cost: { forward: 0, backward: 1 },
  }),
  { expression: 'slope', kind: 'local' as const, plannedCost: () => ({ forward: 0, backward: 1 }) },
);

/** How far the margin of a score is above it. */
const RAISED = 20;

/**
 * The score as if it were that of a class: its margin is the score plus 20, which is above 0 at the inputs of the tests, and, unless the
 * score is the same everywhere, below 0 somewhere. With drawn weights a linear function is added to it.
 */
export function withMargin(f: Score): Score {
  const raised = {
    ...f,
    value: async (batch: Tensor) => (await f.value(batch)).map((value) => value + RAISED),
  };
  const redrawn = (at: Key) => {
    const { data } = normalsOf(at)('weights', shape);
    return withMargin({
      ...f,
      value: async (batch) =>
        (await f.value(batch)).map((value, i) => value + dot({ shape, data }, row(batch, i))),
      gradient: async (batch) => {
        const slopes = await f.gradient(batch);
        return {
          ...slopes,
          data: Float64Array.from(slopes.data, (value, i) => value + data[i % data.length]),
        };
      },
    });
  };
  const change: Score['with'] = async ({ link, weights }) => {
    if (weights !== undefined) return redrawn(weights.key);
    return link === 'margin' ? raised : f;
  };
  return { ...f, with: change };
}

async function subjectOf(score: Score): Promise<Subject> {
  const f = withMargin(score);
  return { f, x, explain: slope, attribution: await slope(f, x, seed) };
}

const linear = linearScore(w, 3);
const curved = quadraticScore(normals('A', [12, 12]), w);
const constant = functionScore({ shape, value: () => 2, gradient: () => zeros(shape) });

/** The gradient of a linear score, of a quadratic one, and of one that is the same everywhere, at the same input. */
export const subjects = {
  linear: await subjectOf(linear),
  curved: await subjectOf(curved),
  constant: await subjectOf(constant),
} as const;

/** The same question with random numbers as its attribution, which change with the input. */
export function withWrongAttribution(subject: Subject): Subject {
  const [start, change] = [normals('start', shape), normals('change', shape)];
  const valuesAt = ({ data }: Tensor) => ({
    shape,
    data: Float64Array.from(start.data, (value, i) => value + change.data[i] * data[11 - i]),
  });
  const { attribution } = subject;
  const explain = named(
    async (_: Score, at: Tensor, k: typeof seed) => ({ ...attribution, values: valuesAt(at), key: k }),
    { expression: 'wrong', kind: 'local' as const },
  );
  return { ...subject, explain, attribution: { ...attribution, values: valuesAt(subject.x) } };
}

/** The same score, which evaluates at most `size` rows at a time, the last ones first. */
export function splitting(f: Score, size: number): Score {
  const change = f.with;
  return {
    ...f,
    with: change && (async (what) => splitting(await change(what), size)),
    async value(batch) {
      const n = batch.shape[0];
      const values = new Float64Array(n);
      for (let from = size * Math.floor((n - 1) / size); from >= 0; from -= size)
        values.set(await f.value(rows(batch, from, Math.min(n, from + size))), from);
      return values;
    },
    async gradient(batch) {
      const n = batch.shape[0];
      const slopes = zeros(batch.shape);
      for (let from = size * Math.floor((n - 1) / size); from >= 0; from -= size)
        slopes.data.set((await f.gradient(rows(batch, from, Math.min(n, from + size)))).data, from * 12);
      return slopes;
    },
  };
}
