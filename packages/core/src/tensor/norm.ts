import { fail } from '../error.js';
import type { Tensor } from './tensor.js';

export type Norm = 'l1' | 'l2' | 'linf';

/** Which p-norm: 'l1', 'l2', 'linf' (the maximum), or p itself, from 1 to Infinity. */
export type NormOrder = Norm | number;

const EXPONENTS: Readonly<Record<Norm, number>> = { l1: 1, l2: 2, linf: Number.POSITIVE_INFINITY };

/** The exponent p of a norm. Throws `option-value` for a number below 1. */
export function exponentOf(order: NormOrder): number {
  const p = typeof order === 'number' ? order : EXPONENTS[order];
  if (p >= 1) return p;
  return fail({
    code: 'option-value',
    where: 'order of a norm',
    expected: "'l1', 'l2', 'linf' or a number from 1",
    got: String(order),
  });
}

/** The norm (Σ|v|^p)^(1/p) of all elements, in float64; NaN when an element is. Throws `option-value` for an order below 1. */
export function norm({ data }: Tensor, order: NormOrder): number {
  return normBetween(data, exponentOf(order), { from: 0, to: data.length });
}

/** The p-norm of the elements from..to, `to` exclusive. Powers are taken of scaled elements, so they neither over- nor underflow. */
export function normBetween(
  data: Float32Array | Float64Array,
  p: number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  let most = 0;
  let total = 0;
  for (let i = from; i < to; i++) {
    const size = Math.abs(data[i]);
    if (!(size <= most)) most = size;
    if (Number.isNaN(size)) return Number.NaN;
    total += size;
  }
  if (p === 1) return total;
  if (p === Number.POSITIVE_INFINITY || most === 0 || most === Number.POSITIVE_INFINITY) return most;
  let powers = 0;
  if (p === 2) {
    for (let i = from; i < to; i++) powers += (data[i] / most) ** 2;
    return most * Math.sqrt(powers);
  }
  for (let i = from; i < to; i++) powers += Math.abs(data[i] / most) ** p;
  return most * powers ** (1 / p);
}

/** The order q of the dual norm, 1/p + 1/q = 1: the largest x·y over all y of p-norm 1 is the q-norm of x. Throws `option-value`. */
export function dualOrder(order: NormOrder): number {
  const p = exponentOf(order);
  if (p === Number.POSITIVE_INFINITY) return 1;
  return p === 1 ? Number.POSITIVE_INFINITY : p / (p - 1);
}

/** The p-norm of every row along axis 0: [n]. Throws `option-value` for an order below 1. */
export function rowNorms({ shape: [n = 1], data }: Tensor, order: NormOrder): Float64Array {
  const p = exponentOf(order);
  const size = data.length / n;
  return Float64Array.from({ length: n }, (_, i) =>
    normBetween(data, p, { from: i * size, to: (i + 1) * size }),
  );
}
