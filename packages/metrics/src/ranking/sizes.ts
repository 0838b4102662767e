import { fail, option, z } from '@onnxplain/core';

/** 5, 10, ..., 45: the percentages of [H21]. */
const PERCENTAGES = Array.from({ length: 9 }, (_, i) => 5 * (i + 1));

const ascends = (all: readonly number[]): boolean => all.every((each, i) => i === 0 || each > all[i - 1]);

const percentage = () => option.number().min(0, 'a percentage').max(100, 'a percentage');

/** Options that say how many features the sets of first features have. */
export const sizeOptions = {
  percentages: z
    .array(percentage())
    .min(2, 'at least two percentages')
    .refine(ascends, 'percentages in ascending order')
    .optional()
    .describe(
      'Percentages of the features that the sets hold, ascending, from 0 to 100; the number of features is rounded down. ' +
        'Default: 5, 10, ..., 45, as in [H21].',
    ),
  counts: z
    .array(option.index())
    .min(2, 'at least two counts')
    .refine(ascends, 'counts in ascending order')
    .optional()
    .describe(
      'In place of percentages: how many features the sets hold, ascending, as the 1 to 5 words of [H21] for texts. The area is then over ' +
        'the number of features. A set of more features than there are holds all.',
    ),
};

export interface SizeSettings {
  readonly percentages?: readonly number[];
  readonly counts?: readonly number[];
}

/** Throws `option-value` for percentages together with counts. */
export function settleSizes<S extends SizeSettings>(where: string, options: S): S {
  if (options.percentages === undefined || options.counts === undefined) return options;
  return fail({
    code: 'option-value',
    where: `${where}(counts)`,
    expected: 'percentages or counts',
    got: 'both',
    remedy: 'Leave one of them out.',
  });
}

/** The sizes of the sets, as a horizontal axis. */
export interface Sizes {
  readonly x: readonly number[];
  /** 'percent of features' or 'features'. */
  readonly unit: string;
  /** The numbers of features of the sets, of as many as there are. */
  of(count: number): readonly number[];
}

/** How many of so many features a percentage is. */
export type Rounding = (percentage: number, count: number) => number;

/** The sizes that were asked for; where none were, these percentages. */
export function sizesOf(
  { percentages, counts }: SizeSettings,
  {
    otherwise = PERCENTAGES,
    rounding = countOf,
  }: { otherwise?: readonly number[]; rounding?: Rounding } = {},
): Sizes {
  if (counts !== undefined)
    return { x: counts, unit: 'features', of: (count) => counts.map((each) => Math.min(each, count)) };
  const x = percentages ?? otherwise;
  return { x, unit: 'percent of features', of: (count) => x.map((each) => rounding(each, count)) };
}

/** How many of `count` features a percentage is, rounded down. */
export function countOf(percentage: number, count: number): number {
  // The product first: 29 / 100 * 100 is 28.999...
  return Math.floor((percentage * count) / 100);
}

/** How a definition describes the sizes. */
export const sizesDefinition = ({ x, unit }: Sizes): Readonly<Record<string, string>> => ({
  sizes: `${x.join(', ')} ${unit}`,
});

/** The area below values at the points of an axis, by the trapezoid rule. */
export function areaOf(x: readonly number[], y: ArrayLike<number>): number {
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i] - x[i - 1]) * (y[i] + y[i - 1])) / 2;
  return area;
}
