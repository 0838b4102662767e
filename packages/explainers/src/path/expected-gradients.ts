import {
  defineExplainer,
  fail,
  fold,
  isTensor,
  type Key,
  option,
  type Score,
  type Shape,
  sameShape,
  spans,
  stack,
  stream,
  sum,
  type Tensor,
  tensor,
  toFloat64,
  z,
  zeros,
} from '@onnxplain/core';
import { fillBaseline } from '../baseline.js';
import { expectFiniteEnds } from '../finite-ends.js';
import { addElements, noMoments, standardError } from '../smooth/elementwise.js';

/**
 * Expected gradients: the mean of (x - b)·gradient of f at b + a·(x - b) over draws of a baseline b from the background and of a uniform
 * in [0, 1). It is the mean of integrated gradients over the background. Global, in units of f. `stderr` is the standard error of each
 * mean. The values add up to f(x) less the mean of f over the background, up to `residual`, which falls with the number of draws.
 * Evaluates a gradient for each draw, and f at x and at every baseline.
 * Explaining throws `tensor-shape` for a background that does not fit the input, `non-finite` where f has no number at x or at a
 * baseline.
 * Source: Erion et al. 2021.
 */
export const expectedGradients = defineExplainer({
  name: 'expected-gradients',
  summary: 'Integrated gradients averaged over baselines that are drawn from a background.',
  options: {
    background: z
      .union(
        [option.tensor(), z.array(option.number()).min(1, 'at least one baseline')],
        'an array of inputs or a list of numbers',
      )
      .describe(
        'The baselines: an array [n, ...shape of the input], such as inputs of the training data, or a list of numbers, each for all elements.',
      ),
    draws: option
      .count()
      .default(200)
      .describe('Number of gradients; the standard error falls as 1/sqrt(draws).'),
  },
  positional: ['background', 'draws'],
  example: { background: [0], draws: 20 },
  promises: ['exact-on-linear'],
  make: ({ background, draws }, expression) => ({
    kind: 'global',
    async explain(f, x, key) {
      const baselines = baselinesFor(background, x.shape);
      const [atX] = await f.value(stack([x]));
      const atStart = await meanValue(f, baselines);
      expectFiniteEnds(expression, { atX, atStart });
      let moments = noMoments(x.shape);
      for (const { from, to } of spans(draws, x.data.length)) {
        const { points, steps } = drawPoints({ x, baselines }, fold(key, 'expected-gradients'), { from, to });
        const slopes = await f.gradient(points);
        for (let i = 0; i < to - from; i++) moments = addElements(moments, product(slopes, steps, i), 1);
      }
      const values = tensor(moments.mean, x.shape);
      const stderr = standardError(moments);
      return {
        values,
        ...(stderr && { stderr }),
        residual: atX - atStart - sum(values),
        cost: { forward: 1 + baselines.shape[0], backward: draws },
      };
    },
  }),
});

/** The background as rows [n, ...shape]. */
function baselinesFor(background: Tensor | readonly number[], shape: Shape): Tensor {
  if (!isTensor(background)) return stack(background.map((each) => fillBaseline(each, shape)));
  const [n, ...rest] = background.shape;
  if (n > 0 && sameShape(rest, shape)) return toFloat64(background);
  return fail({
    code: 'tensor-shape',
    where: 'expected-gradients(background)',
    expected: `an array of inputs, [n${shape.map((dim) => `, ${dim}`).join('')}]`,
    got: `[${background.shape.join(', ')}]`,
    remedy:
      'Give one row for each baseline: background=rows.npy or background=rows(train.csv), or a list of numbers: background=[0].',
  });
}

async function meanValue(f: Score, baselines: Tensor): Promise<number> {
  const [n, ...shape] = baselines.shape;
  const size = baselines.data.length / n;
  let total = 0;
  for (const { from, to } of spans(n, size)) {
    const rows = tensor(baselines.data.subarray(from * size, to * size), [to - from, ...shape]);
    for (const value of await f.value(rows)) total += value;
  }
  return total / n;
}

/** Points b + a·(x - b) and steps x - b of draws from..to. Draw i depends on (key, i) only. */
function drawPoints(
  { x, baselines }: { readonly x: Tensor; readonly baselines: Tensor },
  key: Key,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly points: Tensor; readonly steps: Tensor } {
  const shape = [to - from, ...x.shape];
  const [points, steps] = [zeros(shape), zeros(shape)];
  const size = x.data.length;
  for (let i = from, at = 0; i < to; i++) {
    const random = stream(fold(key, i));
    const start = random.below(baselines.shape[0]) * size;
    const share = random.uniform();
    for (let j = 0; j < size; j++, at++) {
      const b = baselines.data[start + j];
      steps.data[at] = x.data[j] - b;
      points.data[at] = b + share * steps.data[at];
    }
  }
  return { points, steps };
}

/** Row i of slopes times steps. */
function product(slopes: Tensor, steps: Tensor, i: number): Tensor {
  const [, ...shape] = steps.shape;
  const size = steps.data.length / steps.shape[0];
  const from = i * size;
  return tensor(
    steps.data.slice(from, from + size).map((step, j) => step * slopes.data[from + j]),
    shape,
  );
}
