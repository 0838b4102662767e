import type { Findings } from '@onnxplain/core';
import {
  fail,
  isTensor,
  type Key,
  lazyRows,
  option,
  rowByRow,
  type Score,
  type Shape,
  sameShape,
  spans,
  stack,
  streamsOf,
  sum,
  type Tensor,
  tensor,
  toFloat64,
  withGradients,
  z,
} from '@onnxplain/core';
import { fillBaseline } from '../baseline.js';
import { expectFiniteEnds } from '../finite-ends.js';
import { addElements, type ElementMoments, noMoments, standardError } from '../smooth/elementwise.js';

/** The option `background`; `use` says in its help what its rows are. */
export const backgroundOption = (use: string) =>
  z
    .union(
      [option.tensor(), z.array(option.number()).min(1, 'at least one baseline')],
      'an array of inputs or a list of numbers',
    )
    .describe(
      `${use} An array [n, ...shape of the input], such as inputs of the training data, or a list of numbers, each for all elements.`,
    );

/** How many rows a background has. */
export const rowsOf = (background: Tensor | readonly number[]): number =>
  isTensor(background) ? background.shape[0] : background.length;

/** The background as rows [n, ...shape]. Throws `tensor-shape` for rows of another shape or none. */
export function backgroundRows(where: string, background: Tensor | readonly number[], shape: Shape): Tensor {
  if (!isTensor(background)) return stack(background.map((each) => fillBaseline(each, shape)));
  const [n, ...rest] = background.shape;
  if (n > 0 && sameShape(rest, shape)) return toFloat64(background);
  return fail({
    code: 'tensor-shape',
    where: `${where}(background)`,
    expected: `an array of inputs, [n${shape.map((dim) => `, ${dim}`).join('')}]`,
    got: `[${background.shape.join(', ')}]`,
    remedy:
      'Give one row for each baseline: background=rows.npy or background=rows(train.csv), or a list of numbers: background=[0].',
  });
}

/** How points between the background and x are drawn. */
export interface PointDraws {
  readonly draws: number;
  /** Standard deviation of the normal noise that is added to x in each draw; default none. */
  readonly sigma?: number;
}

/**
 * The mean of (x' - b)·gradient of f at b + a·(x' - b) over draws of a row b of the background, of a uniform in [0, 1) and of x' = x +
 * noise, with its standard error. The residual is f(x) less the mean of f over the background less the sum of the values. Draw i depends
 * on (key, i) only. Throws `non-finite` where f has no number at x or at a row of the background.
 */
export async function meanTowardsBackground(
  where: string,
  { f, x, baselines }: { readonly f: Score; readonly x: Tensor; readonly baselines: Tensor },
  { draws, sigma, key }: PointDraws & { readonly key: Key },
): Promise<Findings> {
  const [atX] = await f.value(stack([x]));
  const atStart = await meanValue(f, baselines);
  expectFiniteEnds(where, { atX, atStart });
  const moments = await productMoments(f, { x, baselines }, { draws, sigma, key });
  const values = tensor(moments.mean, x.shape);
  const stderr = standardError(moments);
  return {
    values,
    ...(stderr && { stderr }),
    residual: atX - atStart - sum(values),
  };
}

/** The moments of steps times gradients over all draws. */
function productMoments(
  f: Score,
  { x, baselines }: { readonly x: Tensor; readonly baselines: Tensor },
  { draws, sigma, key }: PointDraws & { readonly key: Key },
): Promise<ElementMoments> {
  return withGradients(f, async (gradientOf) => {
    let moments = noMoments(x.shape);
    let memory = new Float64Array(0);
    for (const { from, to } of spans(draws, ARRAYS * x.data.length)) {
      if (memory.length === 0) memory = new Float64Array((to - from) * x.data.length);
      const drawn = drawSteps({ x, baselines, steps: memory }, { key, sigma }, { from, to });
      const slopes = await gradientOf(drawn.points);
      moments = addProducts(moments, slopes, drawn.steps);
    }
    return moments;
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

/** Elements that a draw takes for each of its own: a step in float64 and a gradient. */
const ARRAYS = 3;

/** Draws from..to: the steps x' - b, written into memory of at least their size, and the points b + a·(x' - b). */
function drawSteps(
  { x, baselines, steps }: { readonly x: Tensor; readonly baselines: Tensor; readonly steps: Float64Array },
  { key, sigma }: { readonly key: Key; readonly sigma?: number },
  { from, to }: { readonly from: number; readonly to: number },
): { readonly points: Tensor; readonly steps: Float64Array } {
  const size = x.data.length;
  const streamAt = streamsOf(key);
  const starts = new Float64Array(to - from);
  const shares = new Float64Array(to - from);
  for (let i = 0; i < to - from; i++) {
    const random = streamAt(from + i);
    starts[i] = random.below(baselines.shape[0]) * size;
    shares[i] = random.uniform();
    const step = steps.subarray(i * size, (i + 1) * size);
    step.set(x.data);
    if (sigma !== undefined) random.addNormal(step, sigma);
    for (let j = 0; j < size; j++) step[j] -= baselines.data[starts[i] + j];
  }
  const points = lazyRows({
    n: to - from,
    shape: x.shape,
    type: 'either',
    write: rowByRow((out, i) => {
      for (let j = 0; j < size; j++) out[j] = baselines.data[starts[i] + j] + shares[i] * steps[i * size + j];
    }),
  });
  return { points, steps: steps.subarray(0, (to - from) * size) };
}

/** Adds the rows of slopes times steps to the moments. Overwrites the steps. */
function addProducts(moments: ElementMoments, slopes: Tensor, steps: Float64Array): ElementMoments {
  const { shape, mean } = moments;
  let all = moments;
  for (let at = 0; at < steps.length; at += mean.length) {
    const data = steps.subarray(at, at + mean.length);
    for (let j = 0; j < data.length; j++) data[j] *= slopes.data[at + j];
    all = addElements(all, { shape, data }, 1);
  }
  return all;
}
