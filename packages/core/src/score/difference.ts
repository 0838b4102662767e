import { fail } from '../error.js';
import { option, parseOptions, z } from '../options.js';
import { dot } from '../tensor/arithmetic.js';
import { row } from '../tensor/rows.js';
import { expectShape, type Tensor, zeros } from '../tensor/tensor.js';
import type { Batch, ClassScores, Score } from '../types/score.js';
import { expectBatch } from './batch.js';

const differenceOptions = z.strictObject({
  step: option.positive().default(1e-3),
  batch: option.count().default(256),
});

/**
 * The score with its gradient replaced by central differences of its value, (f(x + step·e) - f(x - step·e)) / 2·step for
 * each element; the rules are 'difference'. A gradient of an input of d elements costs 2d rows, evaluated `batch` (default
 * 256) at a time. `step` (default 1e-3) is in units of the input: the error grows with step² and, from rounding in f, with
 * 1/step. At the score's bounds the step is cut, so the difference becomes one-sided. Divides by the distance that the
 * input's type really holds. The gradients of `classes` are differences too, and there is no `along`. With another target or link the
 * gradient is that of differences again; with other rules it is what the rules give. Throws `option-value` when the step is lost in
 * rounding.
 */
export function difference(score: Score, options: z.input<typeof differenceOptions> = {}): Score {
  const { step, batch } = parseOptions('difference', differenceOptions, options);
  const { classes, along: _, ...rest } = score;
  const { shape, bounds } = score;
  const sizes = { shape, bounds, step, batch };
  const change = score.with?.bind(score);
  return {
    ...rest,
    rules: 'difference',
    value: (rows) => score.value(rows),
    gradient: (rows) => slopes(rows, { ...sizes, functionAt: () => (moved) => score.value(moved) }),
    classes: classes && classDifferences(classes, sizes),
    with:
      change &&
      (async (what) => {
        const changed = await change(what);
        return what.rules === undefined ? difference(changed, options) : changed;
      }),
  };
}

/** The scores of all classes with gradients by central differences. */
function classDifferences(classes: ClassScores, sizes: Sizes): ClassScores {
  return {
    ...classes,
    async gradient(rows, weights) {
      expectShape('classes.gradient(weights)', weights, [rows.shape[0], classes.count]);
      const functionAt = (i: number) => async (moved: Batch) => {
        const values = await classes.values(moved);
        return Float64Array.from({ length: moved.shape[0] }, (_, k) => dot(row(values, k), row(weights, i)));
      };
      return { values: await classes.values(rows), gradient: await slopes(rows, { ...sizes, functionAt }) };
    },
  };
}

interface Sizes extends Pick<Score, 'shape' | 'bounds'> {
  readonly step: number;
  readonly batch: number;
}

interface RowFunctions extends Sizes {
  /** The function whose gradient is taken at row i. */
  readonly functionAt: (i: number) => Score['value'];
}

async function slopes(rows: Batch, { functionAt, ...sizes }: RowFunctions): Promise<Tensor> {
  expectBatch('difference', rows, sizes.shape);
  const out = zeros(rows.shape);
  for (let i = 0; i < rows.shape[0]; i++) {
    await slope(functionAt(i), { ...sizes, x: row(rows, i), out: row(out, i) });
  }
  return out;
}

interface Differences extends Sizes {
  readonly x: Tensor;
  readonly out: Tensor;
}

/** Writes the gradient at x into `out`. Evaluates as many pairs of moved inputs at a time as fit into a batch. */
async function slope(value: Score['value'], differences: Differences): Promise<void> {
  const { x, out, step, batch, bounds } = differences;
  const d = x.data.length;
  const pairs = Math.max(1, Math.floor(batch / 2));
  for (let from = 0; from < d; from += pairs) {
    const to = Math.min(d, from + pairs);
    const moved = zeros([2 * (to - from), ...x.shape], x);
    const distances = new Float64Array(to - from);
    for (let j = from; j < to; j++) {
      const at = 2 * (j - from) * d;
      distances[j - from] = movePair(moved.data.subarray(at, at + 2 * d), j, {
        x,
        step,
        bounds,
      });
    }
    const values = await value(moved);
    for (let j = from; j < to; j++) {
      const k = j - from;
      out.data[j] = (values[2 * k] - values[2 * k + 1]) / distances[k];
    }
  }
}

interface Move {
  readonly x: Tensor;
  readonly step: number;
  readonly bounds: Score['bounds'];
}

/** Writes x with element j moved up, then x with it moved down. Returns the distance of the two as the input's type holds it. */
function movePair(pair: Tensor['data'], j: number, { x, step, bounds: [low, high] }: Move): number {
  const d = x.data.length;
  pair.set(x.data);
  pair.set(x.data, d);
  pair[j] = Math.max(x.data[j], Math.min(high, x.data[j] + step));
  pair[d + j] = Math.min(x.data[j], Math.max(low, x.data[j] - step));
  const distance = pair[j] - pair[d + j];
  if (distance > 0) return distance;
  return fail({
    code: 'option-value',
    where: 'difference(step)',
    expected: `a step that changes element ${j} = ${x.data[j]} within [${low}, ${high}]`,
    got: `${step}`,
    remedy: 'Take a larger step, or give the score wider bounds.',
  });
}
