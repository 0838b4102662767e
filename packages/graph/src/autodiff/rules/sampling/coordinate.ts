import type { MathBuilder, Size, Term } from '../../../builder/math-builder.js';

/** Where an axis is read, in elements from its first one, and how fast that moves with what it was made of. */
export interface Coordinate {
  readonly at: string;
  readonly slope: Term;
}

/** An axis of what is read. */
export interface SampledAxis {
  readonly size: Exclude<Size, number>;
  /** Whether it is mirrored at the centres of its end elements, not at their outer edges. */
  readonly aligned?: boolean;
}

/** f of a size as a float: a number where it is known, else a scalar like `like`. */
export function sizeTerm(b: MathBuilder, { size }: SampledAxis, like: string): Term {
  const known = b.dims(size.of)[size.axis];
  return typeof known === 'number' ? known : b.squeeze(b.cast(b.sizes([size]), b.dtype(like)), [0]);
}

/** x y, numbers multiplied here. */
export const product = (b: MathBuilder, x: Term, y: Term): Term =>
  typeof x === 'number' && typeof y === 'number' ? x * y : b.mul(x, y);

/** x + y, numbers added here. */
export const sum = (b: MathBuilder, x: Term, y: Term): Term =>
  typeof x === 'number' && typeof y === 'number' ? x + y : b.add(x, y);

/** The index of the last element. */
export const lastOf = (b: MathBuilder, axis: SampledAxis, like: string): Term =>
  sum(b, sizeTerm(b, axis, like), -1);

/** The nearest place on the axis; flat from the end elements on, their own places included, as PyTorch has it. */
export function held(b: MathBuilder, { at, slope }: Coordinate, axis: SampledAxis): Coordinate {
  const last = lastOf(b, axis, at);
  const inside = b.emit('And', [b.compare('Greater', at, 0), b.compare('Less', at, last)]);
  const end = b.mul(b.mask(b.compare('GreaterOrEqual', at, last), at), last);
  return { at: b.where(inside, at, end), slope: b.mul(b.mask(inside, at), slope) };
}

/** The place that a mirror at both ends shows: |x - low| on a saw of two spans. */
export function mirrored(b: MathBuilder, { at, slope }: Coordinate, axis: SampledAxis): Coordinate {
  const [low, span] = axis.aligned ? [0, lastOf(b, axis, at)] : [-0.5, sizeTerm(b, axis, at)];
  // One element alone has no span.
  const twice = product(b, span, 2);
  const period = typeof twice === 'number' ? Math.max(twice, 1) : b.emit('Max', [twice, b.scalar(1, at)]);
  const moved = b.sub(at, low);
  const distance = b.map('Abs', moved);
  const along = b.sub(distance, b.mul(b.map('Floor', b.div(distance, period)), period));
  const back = b.sub(span, along);
  return {
    at: b.sub(sum(b, span, low), b.map('Abs', back)),
    slope: b.mul(b.mul(b.sign(moved), b.sign(back)), slope),
  };
}
