import { fail } from '../error.js';
import { option, parseOptions, z } from '../options.js';
import { row } from '../tensor/rows.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { Score } from '../types/score.js';
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
 * input's type really holds. With another target or link its gradient is that of differences again; with other rules it is what the
 * rules give. Throws `option-value` when the step is lost in rounding.
 */
export function difference(score: Score, options: z.input<typeof differenceOptions> = {}): Score {
  const { step, batch } = parseOptions('difference', differenceOptions, options);
  const change = score.with?.bind(score);
  return {
    ...score,
    rules: 'difference',
    value: (rows) => score.value(rows),
    gradient: async (rows) => {
      expectBatch('difference', rows, score.shape);
      const slopes = zeros(rows.shape);
      for (let i = 0; i < rows.shape[0]; i++) {
        await slope(score, { x: row(rows, i), out: row(slopes, i), step, batch });
      }
      return slopes;
    },
    with:
      change &&
      (async (what) => {
        const changed = await change(what);
        return what.rules === undefined ? difference(changed, options) : changed;
      }),
  };
}

interface Differences {
  readonly x: Tensor;
  readonly out: Tensor;
  readonly step: number;
  readonly batch: number;
}

/** Writes the gradient at x into `out`. Evaluates as many pairs of moved inputs at a time as fit into a batch. */
async function slope(score: Score, { x, out, step, batch }: Differences): Promise<void> {
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
        bounds: score.bounds,
      });
    }
    const values = await score.value(moved);
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
