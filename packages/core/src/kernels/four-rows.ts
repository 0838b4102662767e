import type { Kernels } from './instance.js';

/** A matrix of n rows in row-major order. */
export interface Matrix {
  readonly data: Float32Array;
  readonly n: number;
}

/** Columns from..to of the rows `first` to `first` + 3, as far as there are so many. */
export interface RowBlock {
  readonly first: number;
  readonly from: number;
  readonly to: number;
}

/** Copies a block to the memory of the kernels. The last row takes the place of missing rows. Returns the bytes between two rows. */
export function loadRows({ rows }: Kernels, { data, n }: Matrix, { first, from, to }: RowBlock): number {
  const size = data.length / n;
  const width = to - from;
  if (width === size && first + 4 <= n) rows.set(data.subarray(first * size, (first + 4) * size));
  else {
    for (let i = 0; i < 4; i++) {
      const start = Math.min(first + i, n - 1) * size;
      rows.set(data.subarray(start + from, start + to), i * width);
    }
  }
  return 4 * width;
}

/** Copies a block from the memory of the kernels. */
export function storeRows({ rows }: Kernels, { data, n }: Matrix, { first, from, to }: RowBlock): void {
  const size = data.length / n;
  const width = to - from;
  const count = Math.min(4, n - first);
  if (width === size) data.set(rows.subarray(0, count * size), first * size);
  else
    for (let i = 0; i < count; i++)
      data.set(rows.subarray(i * width, (i + 1) * width), (first + i) * size + from);
}

/** Rows of fewer elements than this take less time without the kernels. */
const WORTH = 32;

/** Whether the kernels are faster with rows of this size. */
export const isWorthKernels = (size: number): boolean => size >= WORTH;
