import { attr } from '../../builder/builder.js';
import { dft } from '../../builder/math/dft.js';
import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { numbersOf } from '../../ir/constant.js';
import type { Rule, RuleContext } from './rule.js';

/**
 * The adjoint of the transform F of n numbers is n times its inverse, and the adjoint of the inverse is F / n. A one-sided transform gives
 * half of the spectrum: the other half has cotangent 0. The inverse of a one-sided spectrum reads most elements twice, once conjugated:
 * their cotangents count twice.
 */
export const dftRule: Rule = (b, step, dy) => {
  const [x] = step.inputs;
  const axis = axisOf(b, step);
  const { inverse, onesided: oneSided } = attributesOf(step.node, 'DFT');
  const length = transformLength(b, step, { axis, halved: inverse && oneSided });
  const n = b.cast(length, b.dtype(dy));
  if (inverse && oneSided) {
    const half = dft(b, dy, { axis, length: '', oneSided: true });
    return [fitToInput(b, b.mul(half, b.div(multiplicity(b, half, { axis, length }), n)), { x, axis })];
  }
  const back = dft(b, dy, { axis, length: oneSided ? length : '', inverse: !inverse });
  const whole = fitToInput(b, inverse ? b.div(back, n) : b.mul(back, n), { x, axis });
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

/** Returns the length of the transform, an int64 scalar. */
function transformLength(
  b: MathBuilder,
  step: RuleContext,
  { axis, halved }: { axis: number; halved: boolean },
): string {
  const [x, given] = step.inputs;
  if (given) return b.cast(b.emit('Reshape', [given, b.ints([])]), 'int64');
  const size = b.squeeze(b.sizes([{ of: x, axis }]), [0]);
  return halved ? b.mul(b.sub(size, 1), 2) : size;
}

/** How many elements of the full spectrum an element of the one-sided spectrum gives: 2, but 1 for the first and the middle one. */
function multiplicity(
  b: MathBuilder,
  half: string,
  { axis, length }: { axis: number; length: string },
): string {
  const positions = positionsAlong(b, half, axis);
  const single = b.emit('Or', [
    b.compare('Equal', positions, 0),
    b.compare('Equal', b.mul(positions, 2), length),
  ]);
  const counts = b.cast(b.where(single, b.scalar(1, length), b.scalar(2, length)), b.dtype(half));
  return b.reshape(
    counts,
    b.dims(half).map((_, i) => (i === axis ? -1 : 1)),
  );
}

/** Crops or pads an axis of dx to its size in x: the transform ignores elements beyond its length and reads missing ones as 0. */
function fitToInput(b: MathBuilder, dx: string, { x, axis }: { x: string; axis: number }): string {
  const [from, to] = [b.dims(dx)[axis], b.dims(x)[axis]];
  if (from === to) return dx;
  const missing = b.sub(b.sizes([{ of: x, axis }]), b.sizes([{ of: dx, axis }]));
  return b.emit('Pad', [dx, b.concat([b.ints([0]), missing], 0), '', b.ints([axis])], {
    mode: attr.string('constant'),
  });
}

/** Returns the real part if x is a real signal. */
function realPart(b: MathBuilder, dx: string, x: string): string {
  const last = b.rank(x) - 1;
  if (b.dims(x)[last] === 2) return dx;
  return b.emit('Slice', [dx, b.ints([0]), b.sizes([{ of: x, axis: last }]), b.ints([last])]);
}
