import type { Findings } from '@onnxplain/core';
import {
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
  let moments = noMoments(x.shape);
  for (const { from, to } of spans(draws, x.data.length)) {
    const { points, steps } = drawPoints({ x, baselines }, { key, sigma }, { from, to });
    const slopes = await f.gradient(points);
    for (let i = 0; i < to - from; i++) moments = addElements(moments, product(slopes, steps, i), 1);
  }
  const values = tensor(moments.mean, x.shape);
  const stderr = standardError(moments);
  return {
    values,
    ...(stderr && { stderr }),
    residual: atX - atStart - sum(values),
  };
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

/** Points b + a·(x' - b) and steps x' - b of draws from..to. */
function drawPoints(
  { x, baselines }: { readonly x: Tensor; readonly baselines: Tensor },
  { key, sigma }: { readonly key: Key; readonly sigma?: number },
  { from, to }: { readonly from: number; readonly to: number },
): { readonly points: Tensor; readonly steps: Tensor } {
  const shape = [to - from, ...x.shape];
  const [points, steps] = [zeros(shape), zeros(shape)];
  const size = x.data.length;
  for (let i = from, at = 0; i < to; i++) {
    const random = stream(fold(key, i));
    const start = random.below(baselines.shape[0]) * size;
    const share = random.uniform();
    const end = Float64Array.from(x.data);
    if (sigma !== undefined) random.addNormal(end, sigma);
    for (let j = 0; j < size; j++, at++) {
      const b = baselines.data[start + j];
      steps.data[at] = end[j] - b;
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
