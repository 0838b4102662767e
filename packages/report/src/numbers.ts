import { type Estimate, interval, moments } from '@onnxplain/core';
import type { EstimateCell, Mean, MetricRecord } from './record.js';

/** An estimate that has a value. */
export type Valued = Extract<Estimate, { readonly value: number }>;

/** An estimate with a value, and the index of its input. */
export interface Numbered {
  readonly input: number;
  readonly estimate: Valued;
}

/** Returns the estimates that have a value. */
export function numbersOf(column: readonly EstimateCell[]): readonly Numbered[] {
  return column.flatMap((cell): readonly Numbered[] => {
    if (cell.status !== 'done' || !isValued(cell.estimate)) return [];
    return [{ input: cell.input, estimate: cell.estimate }];
  });
}

/** Whether an estimate has a finite value. Other values must not enter a mean. */
export function isValued(estimate: Estimate): estimate is Valued {
  return 'value' in estimate && Number.isFinite(estimate.value);
}

/** The least and the greatest value that numbers can have. */
export type ValueLimits = Pick<MetricRecord, 'least' | 'most'>;

const onlyLimits = ({ least, most }: ValueLimits): ValueLimits => ({ least, most });

/**
 * The mean of numbers over inputs, with the interval of its inputs; the number itself, with the interval of its draws, where there is
 * one input; undefined where there is none. ValueLimits: see `interval`. A mean of bounds is a bound, which has no interval.
 */
export function meanOf(numbers: readonly Numbered[], limits: ValueLimits = {}): Mean | undefined {
  if (numbers.length === 0) return undefined;
  if (numbers.length === 1) return meanOfOne(numbers[0].estimate, limits);
  const sides = numbers.map(({ estimate }) => (estimate.kind === 'bound' ? estimate.side : undefined));
  const bound = sides.find((side) => side !== undefined);
  const mean = meanOfMany(
    numbers.map(({ estimate }) => estimate.value),
    limits,
  );
  return bound === undefined ? mean : { ...mean, bound, interval: undefined };
}

/** Returns a number with the interval of its draws. */
export function meanOfOne(estimate: Valued, limits: ValueLimits = {}): Mean {
  const { value } = estimate;
  const bound = estimate.kind === 'bound' ? estimate.side : undefined;
  const stderr = stderrOf(estimate);
  return { value, stderr, basis: 'draws', n: 1, bound, interval: interval(estimate, onlyLimits(limits)) };
}

/** Returns the mean of at least two numbers, with the interval from their spread. */
export function meanOfMany(values: readonly number[], limits: ValueLimits = {}): Mean {
  const { n, mean: value, stderr } = moments.value(values.reduce(moments.add, moments.init()));
  const spread = interval({ kind: 'mean', value, stderr, n }, onlyLimits(limits));
  return { value, stderr, basis: 'inputs', n, interval: spread };
}

function stderrOf(estimate: Valued): number | undefined {
  switch (estimate.kind) {
    case 'mean':
      return estimate.stderr;
    case 'exact':
      return 0;
    case 'bound':
      return undefined;
  }
}

/**
 * The difference a - b of two estimates whose draws may depend on each other in any way: its standard error is at most the sum of
 * theirs, which is taken. The difference of a bound to anything has no known error.
 */
export function gapOf(a: Valued, b: Valued): Mean {
  const value = a.value - b.value;
  const [one, other] = [stderrOf(a), stderrOf(b)];
  if (one === undefined || other === undefined) return { value, basis: 'draws', n: 1 };
  const samples = [a, b].filter((each) => each.kind === 'mean');
  if (samples.length === 0) return meanOfOne({ kind: 'exact', value });
  const n = Math.min(...samples.map((each) => each.n));
  const freedom = Math.min(...samples.map((each) => each.freedom ?? each.n - 1));
  return meanOfOne({ kind: 'mean', value, stderr: one + other, n, freedom });
}
