import { attr } from '../../builder/builder.js';
import { dft } from '../../builder/math/dft.js';
import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { numbersOf } from '../../ir/constant.js';
import type { Rule, RuleContext } from './rule.js';

/**
 * The adjoint of a transform W of n numbers is its conjugate: n times the inverse, and of the inverse 1 / n times the transform. Of
 * half a spectrum, the other half has no cotangent; of the inverse from half a spectrum, what stands for two elements has twice
 * one's.
 */
export const dftRule: Rule = (b, step, dy) => {
  const [x] = step.inputs;
  const axis = axisOf(b, step);
  const { inverse, onesided: oneSided } = attributesOf(step.node, 'DFT');
  const length = lengthOf(b, step, { axis, halved: inverse && oneSided });
  const n = b.cast(length, b.dtype(dy));
  if (inverse && oneSided) {
    const half = dft(b, dy, { axis, length: '', oneSided: true });
    return [fitted(b, b.mul(half, b.div(timesCounted(b, half, { axis, length }), n)), { x, axis })];
  }
  const back = dft(b, dy, { axis, length: oneSided ? length : '', inverse: !inverse });
  const whole = fitted(b, inverse ? b.div(back, n) : b.mul(back, n), { x, axis });
  return [realPart(b, whole, x)];
};

function axisOf(b: MathBuilder, { inputs: [x, , axis], node, refuse }: RuleContext): number {
  const rank = b.rank(x);
  const known = axis ? b.constantOf(axis) : undefined;
  if (axis && known === undefined)
    return refuse('its axis is computed in the graph', 'Export the model with a constant axis.');
  const given = attributesOf(node, 'DFT').axis ?? (known === undefined ? -2 : numbersOf(known)[0]);
  return (given + rank) % rank;
}

/** How many numbers are transformed, an int64 scalar. */
function lengthOf(
  b: MathBuilder,
  step: RuleContext,
  { axis, halved }: { axis: number; halved: boolean },
): string {
  const [x, given] = step.inputs;
  if (given) return b.cast(b.emit('Reshape', [given, b.ints([])]), 'int64');
  const size = b.squeeze(b.sizes([{ of: x, axis }]), [0]);
  return halved ? b.mul(b.sub(size, 1), 2) : size;
}

/** How many elements of a whole spectrum each of half a one stands for: 2, but 1 for the first and the middle one. */
function timesCounted(
  b: MathBuilder,
  half: string,
  { axis, length }: { axis: number; length: string },
): string {
  const places = positionsAlong(b, half, axis);
  const alone = b.emit('Or', [b.compare('Equal', places, 0), b.compare('Equal', b.mul(places, 2), length)]);
  const counts = b.cast(b.where(alone, b.scalar(1, length), b.scalar(2, length)), b.dtype(half));
  return b.reshape(
    counts,
    b.dims(half).map((_, i) => (i === axis ? -1 : 1)),
  );
}

/** Zeros after what was transformed are gone, and what was cut off is zero. */
function fitted(b: MathBuilder, dx: string, { x, axis }: { x: string; axis: number }): string {
  const [from, to] = [b.dims(dx)[axis], b.dims(x)[axis]];
  if (from === to) return dx;
  const missing = b.sub(b.sizes([{ of: x, axis }]), b.sizes([{ of: dx, axis }]));
  return b.emit('Pad', [dx, b.concat([b.ints([0]), missing], 0), '', b.ints([axis])], {
    mode: attr.string('constant'),
  });
}

/** The cotangent of a real signal is the real part. */
function realPart(b: MathBuilder, dx: string, x: string): string {
  const last = b.rank(x) - 1;
  if (b.dims(x)[last] === 2) return dx;
  return b.emit('Slice', [dx, b.ints([0]), b.sizes([{ of: x, axis: last }]), b.ints([last])]);
}
