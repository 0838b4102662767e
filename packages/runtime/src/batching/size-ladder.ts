/** The sizes of runs that are compared, in increasing order. */
export type SizeLadder = readonly number[];

export interface SizeLadderOptions {
  /** Largest size, at least 1. */
  readonly limit: number;
  readonly step: number;
  /** The last size is a multiple of this where the limit allows it. */
  readonly multiple: number;
}

/** Returns the powers of `step` up to the limit, and the limit itself, rounded down to a multiple. */
export function sizeLadder({ limit, step, multiple }: SizeLadderOptions): SizeLadder {
  const sizes: number[] = [];
  for (let size = 1; size <= limit; size *= step) sizes.push(size);
  const last = limit < multiple ? limit : limit - (limit % multiple);
  return last > sizes[sizes.length - 1] ? [...sizes, last] : sizes;
}

/** Returns the largest size that is at most `most`; the smallest one where none is. */
export function largestWithin(ladder: SizeLadder, most: number): number {
  return ladder.findLast((size) => size <= most) ?? ladder[0];
}
