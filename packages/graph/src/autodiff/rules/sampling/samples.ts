import { attr } from '../../../builder/builder.js';
import type { MathBuilder, Term } from '../../../builder/math-builder.js';
import { constantFrom } from '../../../ir/constant.js';
import { listOf } from '../../../ir/list-of.js';

/** Samples in the cells of regions, along one axis. */
export interface Samples {
  /** Position of each sample in its region, from 0 to 1: [regions or 1, cells, samples]. */
  readonly fraction: string;
  /** Number of samples in a cell, [regions, 1, 1], at least 1. */
  readonly count: Term;
  /** Whether a sample exists, [regions, 1, samples]; undefined if all regions have the same number. */
  readonly exists: string | undefined;
}

/** Sample s of n in cell p lies at (p + (s + 1/2) / n) / cells. */
export function fixedSamples(
  b: MathBuilder,
  { like, cells, count }: { like: string; cells: number; count: number },
): Samples {
  const fractions = listOf(cells * count, (i) => (i + 0.5) / (cells * count));
  const fraction = b.constant(constantFrom(b.dtype(like), [1, cells, count], fractions), 'samples');
  return { fraction, count, exists: undefined };
}

/**
 * A cell of `length` / cells elements has ceil(length / cells) samples. The axis of samples has the size that the longest region needs.
 * `length` is [regions, 1, 1].
 */
export function adaptiveSamples(
  b: MathBuilder,
  { length, cells }: { length: string; cells: number },
): Samples {
  const wanted = b.map('Ceil', divideExactly(b, length, cells));
  const s = b.reshape(rangeToMax(b, wanted), [1, 1, -1]);
  const p = b.unsqueeze(range(b, cells, length), [0, 2]);
  const count = b.emit('Max', [wanted, b.scalar(1, wanted)]);
  return {
    fraction: b.div(b.add(p, b.div(b.add(s, 0.5), count)), cells),
    count,
    exists: b.compare('Less', s, wanted),
  };
}

/** Returns x / n by a division node: x (1 / n) may round to the other side of an integer. */
export const divideExactly = (b: MathBuilder, x: string, n: number): string =>
  b.emit('Div', [x, b.scalar(n, x)]);

/** Returns 0, 1, ..., m - 1 with m the greatest of `counts`, at least 1. */
export function rangeToMax(b: MathBuilder, counts: string): string {
  const one = b.constant(constantFrom(b.dtype(counts), [1], [1]), 'one');
  const most = b.emit('ReduceMax', [b.concat([b.reshape(counts, [-1]), one], 0)], { keepdims: attr.int(0) });
  return b.emit('Range', [b.scalar(0, most), most, b.scalar(1, most)]);
}

/** Returns 0, 1, ..., n - 1 as a constant [n]. */
export const range = (b: MathBuilder, n: number, like: string): string =>
  b.constant(
    constantFrom(
      b.dtype(like),
      [n],
      listOf(n, (i) => i),
    ),
    'cells',
  );
