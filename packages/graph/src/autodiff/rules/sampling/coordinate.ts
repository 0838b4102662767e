import type { MathBuilder, Size, Term } from '../../../builder/math-builder.js';

/** A position on an axis, in elements, and its derivative by the input that it is computed from. */
export interface Coordinate {
  readonly position: string;
  readonly derivative: Term;
}

/** An axis of the sampled value. */
export interface SampledAxis {
  readonly size: Exclude<Size, number>;
  /** Whether reflection is at the centres of the end elements (align_corners), not at their outer edges. */
  readonly aligned?: boolean;
}

/** Returns a size as a number if it is known, else as a float scalar of the dtype of `like`. */
export function sizeTerm(b: MathBuilder, { size }: SampledAxis, like: string): Term {
  const known = b.dims(size.of)[size.axis];
  return typeof known === 'number' ? known : b.squeeze(b.cast(b.sizes([size]), b.dtype(like)), [0]);
}

/** Returns x y; numbers are multiplied at once. */
export const product = (b: MathBuilder, x: Term, y: Term): Term =>
  typeof x === 'number' && typeof y === 'number' ? x * y : b.mul(x, y);

/** Returns x + y; numbers are added at once. */
export const sum = (b: MathBuilder, x: Term, y: Term): Term =>
  typeof x === 'number' && typeof y === 'number' ? x + y : b.add(x, y);

/** Returns the index of the last element. */
export const lastIndex = (b: MathBuilder, axis: SampledAxis, like: string): Term =>
  sum(b, sizeTerm(b, axis, like), -1);

/** Clamps a position to the axis. The derivative is 0 at the end elements and beyond, as in PyTorch. */
export function clamped(
  b: MathBuilder,
  { position: at, derivative }: Coordinate,
  axis: SampledAxis,
): Coordinate {
  const last = lastIndex(b, axis, at);
  const inside = b.emit('And', [b.compare('Greater', at, 0), b.compare('Less', at, last)]);
  const end = b.mul(b.mask(b.compare('GreaterOrEqual', at, last), at), last);
  return { position: b.where(inside, at, end), derivative: b.mul(b.mask(inside, at), derivative) };
}

/** Reflects a position at both ends of the axis: d = |x - low| mod 2 span, then low + span - |span - d|. */
export function reflected(
  b: MathBuilder,
  { position: at, derivative }: Coordinate,
  axis: SampledAxis,
): Coordinate {
  const [low, span] = axis.aligned ? [0, lastIndex(b, axis, at)] : [-0.5, sizeTerm(b, axis, at)];
  // An axis of one element has span 0 if it is aligned.
  const twice = product(b, span, 2);
  const period = typeof twice === 'number' ? Math.max(twice, 1) : b.emit('Max', [twice, b.scalar(1, at)]);
  const shifted = b.sub(at, low);
  const distance = b.map('Abs', shifted);
  const along = b.sub(distance, b.mul(b.map('Floor', b.div(distance, period)), period));
  const back = b.sub(span, along);
  return {
    position: b.sub(sum(b, span, low), b.map('Abs', back)),
    derivative: b.mul(b.mul(b.sign(shifted), b.sign(back)), derivative),
  };
}
