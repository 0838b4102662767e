import { gaussianBlur } from '../features/blur.js';
import { channelMeans } from '../features/means.js';
import type { Layout } from '../layout.js';
import { option, z } from '../options.js';
import { fold, type Key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { broadcast } from '../tensor/broadcast.js';
import { stack } from '../tensor/rows.js';
import { full, isTensor, type Shape, type Tensor } from '../tensor/tensor.js';
import type { RemovalValues } from '../types/compact-draws.js';

/** Standard deviation and radius of the blurred baseline, in positions. */
const BLUR = { sigma: 5, radius: 15 } as const;

/** A baseline as options name it. A tensor with one axis more than the input has several baselines as its rows; so has a list. */
export type BaselineChoice = number | 'mean' | 'blur' | readonly number[] | Tensor;

/** The option `baseline` of perturbations, default 0; `use` says in its help what takes its value. */
export const baselineChoice = (use: string) =>
  z
    .union(
      [option.baseline(), z.enum(['mean', 'blur']), z.array(option.number()).min(1, 'at least one number')],
      'a finite number, a list of numbers, mean, blur or a tensor',
    )
    .default(0)
    .describe(
      `${use} A number, or a tensor of the input's shape or repeated to it. mean: the mean of the input, of each channel. blur: the input ` +
        'blurred by a Gaussian of 5 positions. A list of numbers, or a tensor with one axis more, e.g. rows(FILE), has several baselines: each ' +
        'draw takes one of them at random, and a perturbation that has a count takes every draw with every one.',
    );

/** The options of what removed elements become. */
export const removalValueOptions = {
  baseline: baselineChoice('What the removed elements become.'),
  noise: option
    .positive()
    .optional()
    .describe('Standard deviation of normal noise that is added to the baseline. Default: no noise.'),
};

export interface RemovalValueSettings {
  readonly baseline: BaselineChoice;
  readonly noise?: number;
}

/** Whether the layout of an input makes a difference to its baseline. */
export const baselineDependsOnLayout = (baseline: BaselineChoice): boolean =>
  baseline === 'mean' || baseline === 'blur';

/** How many baselines there are for inputs of a shape: 1 unless several were given. */
export function baselineCount(baseline: BaselineChoice, shape: Shape): number {
  if (isTensor(baseline)) return baseline.shape.length > shape.length ? baseline.shape[0] : 1;
  return typeof baseline === 'object' ? baseline.length : 1;
}

/** The draws that baselines are chosen for. */
export interface BaselineDraws {
  readonly x: Tensor;
  readonly layout?: Layout;
  readonly key: Key;
  readonly from: number;
  readonly to: number;
  /** How many draws there are with each baseline: draw i takes baseline i / each. Absent: each draw takes any baseline. */
  readonly each?: number;
}

/** Resolves what removed elements become in a range of draws. Throws `tensor-shape` for a baseline that does not go into x's shape. */
export function removalValues(
  where: string,
  { baseline, noise }: RemovalValueSettings,
  draws: BaselineDraws,
): RemovalValues {
  const { key, from } = draws;
  return {
    baseline: baselineOf(where, baseline, draws),
    ...(noise !== undefined && { noise: { key, from, scale: noise } }),
  };
}

/** Resolves the baseline alone. */
export function baselineOf(
  where: string,
  baseline: BaselineChoice,
  draws: BaselineDraws,
): RemovalValues['baseline'] {
  const { x, layout = 'chw' } = draws;
  if (typeof baseline === 'number') return baseline;
  if (baseline === 'mean') return channelMeans(x, layout);
  if (baseline === 'blur') return gaussianBlur(where, x, { layout, ...BLUR });
  if (!isTensor(baseline))
    return {
      rows: stack(baseline.map((value) => full(x.shape, value))),
      of: numbersOf(baseline.length, draws),
    };
  if (baseline.shape.length <= x.shape.length) return broadcast(`${where}(baseline)`, baseline, x.shape);
  const m = baseline.shape[0];
  return { rows: broadcast(`${where}(baseline)`, baseline, [m, ...x.shape]), of: numbersOf(m, draws) };
}

/** The number of the baseline of each draw. */
function numbersOf(m: number, { key, from, to, each }: BaselineDraws): Int32Array {
  const numberOf = (i: number) =>
    each === undefined ? stream(fold(fold(key, i), 'baseline')).below(m) : Math.floor(i / each);
  return Int32Array.from({ length: to - from }, (_, k) => numberOf(from + k));
}
