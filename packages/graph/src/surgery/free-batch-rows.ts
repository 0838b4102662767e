import { attr, type Builder } from '../builder/builder.js';
import type { Constant, Dim } from '../ir/types.js';

export interface FrozenBatch {
  /** The fixed size of the batch axis. */
  readonly batch: number;
  /** The symbol that replaces it. */
  readonly symbol: string;
  /** For values whose batch axis is merged into an axis after other elements of a row: the number of these elements. */
  readonly elementsBefore: Map<string, number>;
}

/** Returns the coefficient of a size: 12 for "12*N", the number of elements of the axis that belong to one row. */
export function coefficient(dim: string): number {
  const factor = /^(\d+)\*/.exec(dim) ?? /\*(\d+)$/.exec(dim);
  return factor === null ? 1 : Number(factor[1]);
}

/** Returns the first axis whose size has the batch symbol as a factor, or -1. */
export function batchAxis(dims: readonly Dim[], symbol: string): number {
  return dims.findIndex((dim) => typeof dim === 'string' && dim.split('*').includes(symbol));
}

export function integers(constant: Constant | undefined): readonly number[] | undefined {
  return constant?.data instanceof BigInt64Array ? Array.from(constant.data, Number) : undefined;
}

export interface Repeat {
  readonly name: string;
  /** The axis along which the value has the elements of one row. */
  readonly axis: number;
  /** A value with the elements of all rows along its axis `likeAxis`, by default `axis`. */
  readonly like: string;
  readonly likeAxis?: number;
}

/** Emits a value of one row, repeated for all rows. */
export function repeat(builder: Builder, { name, axis, like, likeAxis = axis }: Repeat): string {
  const size = builder.dims(name)[axis];
  const all = builder.sizeOf(like, likeAxis);
  const count =
    size === 1 || typeof size !== 'number' ? all : builder.emit('Div', [all, builder.ints([size])]);
  const ones = (length: number): readonly string[] =>
    length > 0 ? [builder.ints(new Array(length).fill(1))] : [];
  const parts = [...ones(axis), count, ...ones(builder.rank(name) - axis - 1)];
  const times = parts.length === 1 ? count : builder.emit('Concat', parts, { axis: attr.int(0) });
  return builder.emit(size === 1 ? 'Expand' : 'Tile', [name, times]);
}
