import { dtypeInfo, fail } from '@onnxplain/core';
import type { DataType } from './types.js';

/** Returns the least and greatest value of an integer type, for 64 bits the nearest doubles; undefined for float types. */
export function integerRange(dtype: DataType): readonly [low: number, high: number] | undefined {
  const row = dtypeInfo(dtype);
  return row?.kind === 'float' ? undefined : row?.range;
}

/** Wraps an integer result to its type, in two's complement for up to 32 bits. Throws `too-large` for 64-bit results beyond 2^53. */
export function wrapped(where: string, dtype: DataType, value: number): number {
  const range = integerRange(dtype);
  if (range === undefined || dtype === 'bool') return value;
  if (Number.isSafeInteger(value) && value >= range[0] && value <= range[1]) return value + 0;
  if (dtype === 'int64' || dtype === 'uint64' || !Number.isSafeInteger(value)) {
    fail({ code: 'too-large', where, expected: `a ${dtype} result within ±2^53`, got: String(value) });
  }
  const span = range[1] - range[0] + 1;
  return value - span * Math.floor((value - range[0]) / span);
}

/** Multiplies two integers of a type, exactly modulo its width. */
export function integerProduct(where: string, dtype: DataType, [a, b]: readonly [number, number]): number {
  const product = a * b;
  if (Number.isSafeInteger(product) || dtype === 'int64' || dtype === 'uint64') {
    return wrapped(where, dtype, product);
  }
  const exact = BigInt(a) * BigInt(b);
  return Number(dtype === 'uint32' ? BigInt.asUintN(32, exact) : BigInt.asIntN(32, exact));
}

/** Rounds to the nearest integer, ties to even. */
export function roundHalfEven(x: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const size = Math.abs(x);
  const below = Math.floor(size);
  const rest = size - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  return Math.sign(x) * (up ? below + 1 : below);
}
