import { attr } from '../../../builder/builder.js';
import type { MathBuilder, Term } from '../../../builder/math-builder.js';
import { constantFrom } from '../../../ir/constant.js';

/** The samples in the cells of regions, along one axis. */
export interface Samples {
  /** Where each one lies in its region, from 0 to 1: [regions or 1, cells, samples]. */
  readonly share: string;
  /** How many a cell has, [regions, 1, 1], at least 1. */
  readonly count: Term;
  /** [regions, 1, samples] where regions have different numbers of them. */
  readonly exists: string | undefined;
}

/** As many in every cell: at (p + (s + 1/2) / n) / cells. */
export function fixedSamples(
  b: MathBuilder,
  { like, cells, count }: { like: string; cells: number; count: number },
): Samples {
  const shares = Array.from({ length: cells * count }, (_, i) => (i + 0.5) / (cells * count));
  const share = b.constant(constantFrom(b.dtype(like), [1, cells, count], shares), 'samples');
  return { share, count, exists: undefined };
}

/** One for each element that a cell is long, rounded up; as many places as the longest region needs. `length` is [regions, 1, 1]. */
export function adaptiveSamples(
  b: MathBuilder,
  { length, cells }: { length: string; cells: number },
): Samples {
  const wanted = b.map('Ceil', parted(b, length, cells));
  const s = b.reshape(countedTo(b, wanted), [1, 1, -1]);
  const p = b.unsqueeze(numbered(b, cells, length), [0, 2]);
  const count = b.emit('Max', [wanted, b.scalar(1, wanted)]);
  return {
    share: b.div(b.add(p, b.div(b.add(s, 0.5), count)), cells),
    count,
    exists: b.compare('Less', s, wanted),
  };
}

/** x / n by a division, as runtimes do it: times 1 / n may come out on the other side of an integer. */
export const parted = (b: MathBuilder, x: string, n: number): string => b.emit('Div', [x, b.scalar(n, x)]);

/** 0, 1, ... as many as the greatest of some counts says, and at least one. */
export function countedTo(b: MathBuilder, counts: string): string {
  const one = b.constant(constantFrom(b.dtype(counts), [1], [1]), 'one');
  const most = b.emit('ReduceMax', [b.concat([b.reshape(counts, [-1]), one], 0)], { keepdims: attr.int(0) });
  return b.emit('Range', [b.scalar(0, most), most, b.scalar(1, most)]);
}

/** 0, 1, ..., n - 1 as a constant [n]. */
export const numbered = (b: MathBuilder, n: number, like: string): string =>
  b.constant(
    constantFrom(
      b.dtype(like),
      [n],
      Array.from({ length: n }, (_, i) => i),
    ),
    'cells',
  );
