import { attr } from '../builder/builder.js';
import type { MathBuilder } from '../builder/math-builder.js';
import type { Dims } from '../ir/types.js';

/**
 * Returns the cotangent of x, given that of the value to which x was broadcast: the sum over the axes that broadcasting added or stretched.
 * Where it is not known whether a size of x is 1, the graph decides when it runs.
 */
export function unbroadcast(b: MathBuilder, cotangent: string, x: string): string {
  if (isSame(b.dims(cotangent), b.dims(x))) return cotangent;
  const added = b.rank(cotangent) - b.rank(x);
  const leading = Array.from({ length: added }, (_, axis) => axis);
  const d =
    added > 0 ? b.emit('ReduceSum', [cotangent, b.ints(leading)], { keepdims: attr.int(0) }) : cotangent;
  const [from, to] = [b.dims(d), b.dims(x)];
  const differing = to.flatMap((size, axis) => (size === from[axis] ? [] : [axis]));
  const stretched = differing.filter((axis) => to[axis] === 1);
  const unsure = differing.filter((axis) => typeof to[axis] === 'string' && from[axis] !== 1);
  const summed = b.sum(d, stretched);
  return unsure.length === 0 ? summed : sumWhereOne(b, summed, x);
}

const isSame = (a: Dims, b: Dims): boolean =>
  a === b || (a.length === b.length && a.every((size, axis) => size === b[axis]));

/** Sums over the axes where x has size 1, which is known only when the graph runs. */
function sumWhereOne(b: MathBuilder, d: string, x: string): string {
  const ones = b.compare('Equal', b.shape(x), b.ints([1]));
  const axes = b.emit('Squeeze', [b.emit('NonZero', [ones]), b.ints([0])]);
  const options = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(1) };
  return b.emit('Reshape', [b.emit('ReduceSum', [d, axes], options), b.shape(x)]);
}
