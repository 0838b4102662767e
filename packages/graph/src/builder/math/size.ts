import type { Constant } from '../../ir/types.js';
import { attr, type Builder } from '../builder.js';
import { concatenated } from './movement.js';

/** A size: a number, -1 for "whatever is left", or the size of an axis of a value. */
export type Size = number | { readonly of: string; readonly axis: number };

export interface Sizing {
  /** Sizes as an int64 vector; constant where they are known. */
  sizes(sizes: readonly Size[]): string;
  reshape(x: string, sizes: readonly Size[]): string;
  reshapeLike(x: string, like: string): string;
}

export const sizing = (b: Builder): Sizing => ({
  sizes: (sizes) => vectorOf(b, sizes),
  reshape: (x, sizes) => reshaped(b, x, targetOf(b, sizes)),
  reshapeLike: (x, like) => reshaped(b, x, b.reshapeTarget(like)),
});

/** Reshapes to sizes. A size of 0 is one, and does not mean the size of x. */
function reshaped(b: Builder, x: string, target: string): string {
  const sizes = numbersOf(b.constantOf(target));
  const isEmpty = sizes.includes(0) && !sizes.includes(-1);
  return b.emit('Reshape', [x, target], { allowzero: isEmpty ? attr.int(1) : undefined });
}

const numbersOf = (constant: Constant | undefined): readonly number[] =>
  constant === undefined ? [] : Array.from<number | bigint | string, number>(constant.data, Number);

function vectorOf(b: Builder, sizes: readonly Size[]): string {
  const values = sizes.map((size) => knownSize(b, size));
  if (values.every((value) => value !== undefined)) return b.ints(values);
  const parts = sizes.map((size) => partOf(b, size));
  return concatenated(b, parts, 0);
}

/** One unknown size may be left to Reshape to find. */
function targetOf(b: Builder, sizes: readonly Size[]): string {
  const values = sizes.map((size) => knownSize(b, size));
  const open = values.filter((value) => value === undefined || value < 0).length;
  return open <= 1 && !values.includes(0) ? b.ints(values.map((value) => value ?? -1)) : vectorOf(b, sizes);
}

/** A vector of one size. */
function partOf(b: Builder, size: Size): string {
  if (typeof size === 'number') return b.ints([size]);
  return b.sizeOf(size.of, size.axis);
}

function knownSize(b: Builder, size: Size): number | undefined {
  if (typeof size === 'number') return size;
  const dim = b.dims(size.of)[size.axis];
  return typeof dim === 'number' ? dim : undefined;
}
