import type { MathBuilder } from '../../builder/math-builder.js';
import { numbersOf } from '../../ir/constant.js';
import type { Rule, RuleContext } from './rule.js';

/** Exporters write the limits of float32 for a missing bound. */
const UNBOUNDED = 3.4028234e38;

/** Backward rule of Clip, with constant or computed bounds. Derivatives at the bounds are those of PyTorch's `clamp` (SUBGRADIENTS.md). */
export const clip: Rule = (b, step, dy) => {
  const [low, high] = [knownBound(b, step, 1), knownBound(b, step, 2)];
  if (low === undefined || high === undefined) return clipToValues(b, step, dy);
  if (!(low < high)) return [];
  const inside = insideMask(b, step.outputs[0], [low, high]);
  return [inside === undefined ? dy : b.mul(dy, inside)];
};

/** Returns bound `at` of x if it is a constant, an infinity if it is absent, undefined if it is computed or needs a cotangent. */
function knownBound(b: MathBuilder, { inputs, wanted }: RuleContext, at: 1 | 2): number | undefined {
  if (!inputs[at]) return at === 1 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const constant = wanted[at] ? undefined : b.constantOf(inputs[at]);
  const bound = constant && numbersOf(constant)[0];
  return bound !== undefined && Math.abs(bound) >= UNBOUNDED ? bound * Number.POSITIVE_INFINITY : bound;
}

/**
 * Returns a mask that is 1 where low < x < high; undefined if both bounds are infinite. It is computed from y, as for Relu: y is strictly
 * between the bounds exactly where x is, that is, where the smaller of y - low and high - y is positive.
 */
function insideMask(b: MathBuilder, y: string, [low, high]: readonly [number, number]): string | undefined {
  const distances: string[] = [];
  if (Number.isFinite(low)) distances.push(low === 0 ? y : b.sub(y, low));
  if (Number.isFinite(high)) distances.push(b.sub(high, y));
  if (distances.length === 0) return undefined;
  return b.step(distances.length === 1 ? distances[0] : b.emit('Min', distances));
}

/**
 * For y = min(max(x, low), high) with computed bounds: the cotangent goes to the value that y equals. If x equals a bound, x and the bound
 * get half each; if low = high = x, x gets all. If low > high, y is `high`, which gets all.
 */
function clipToValues(b: MathBuilder, { inputs: [x, low, high] }: RuleContext, dy: string) {
  const both = Boolean(low && high);
  const ordered = both ? b.mask(b.compare('LessOrEqual', low, high), dy) : undefined;
  const tied = both ? b.sub(1, b.mul(b.mask(b.compare('Less', low, high), dy), 0.5)) : 0.5;
  const passes = (beyond: 'Greater' | 'Less', bound: string): string =>
    b.add(b.mask(b.compare(beyond, x, bound), dy), b.mul(b.mask(b.compare('Equal', x, bound), dy), tied));
  const times = (...factors: readonly (string | undefined)[]): string =>
    factors.reduce<string>((product, factor) => (factor ? b.mul(product, factor) : product), dy);
  const above = low ? passes('Greater', low) : undefined;
  const below = high ? passes('Less', high) : undefined;
  return [
    times(above, below, ordered),
    above && times(b.sub(1, above), ordered),
    below && times(b.sub(1, ordered ? b.mul(below, ordered) : below)),
  ];
}
