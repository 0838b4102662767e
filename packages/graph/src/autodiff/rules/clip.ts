import type { MathBuilder } from '../../builder/math-builder.js';
import { numbersOf } from '../../ir/constant.js';
import type { Rule, RuleContext } from './rule.js';

/** Exporters write the ends of float32 where there is no bound. */
const UNBOUNDED = 3.4028234e38;

/** Clip between numbers, or between values. Both are what PyTorch makes of `clamp`: SUBGRADIENTS.md. */
export const clip: Rule = (b, step, dy) => {
  const [low, high] = [knownBound(b, step, 1), knownBound(b, step, 2)];
  if (low === undefined || high === undefined) return clipToValues(b, step, dy);
  if (!(low < high)) return [];
  const inside = between(b, step.outputs[0], [low, high]);
  return [inside === undefined ? dy : b.mul(dy, inside)];
};

/** The number that bounds x, infinite where none does; undefined for a value. */
function knownBound(b: MathBuilder, { inputs, wanted }: RuleContext, at: 1 | 2): number | undefined {
  if (!inputs[at]) return at === 1 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const constant = wanted[at] ? undefined : b.constantOf(inputs[at]);
  const bound = constant && numbersOf(constant)[0];
  return bound !== undefined && Math.abs(bound) >= UNBOUNDED ? bound * Number.POSITIVE_INFINITY : bound;
}

/**
 * 1 strictly between the bounds, 0 at them; undefined where there are none. The output tells it without the input, as with Relu: its
 * distance to the nearer bound is positive for all y between.
 */
function between(b: MathBuilder, y: string, [low, high]: readonly [number, number]): string | undefined {
  const distances: string[] = [];
  if (Number.isFinite(low)) distances.push(low === 0 ? y : b.sub(y, low));
  if (Number.isFinite(high)) distances.push(b.sub(high, y));
  if (distances.length === 0) return undefined;
  return b.step(distances.length === 1 ? distances[0] : b.emit('Min', distances));
}

/**
 * A bound gets what it took, and half of it where x equals it; x gets the rest. Where the bounds are equal x keeps all of a tie, where
 * they are crossed the upper one takes everything.
 */
function clipToValues(b: MathBuilder, { inputs: [x, low, high] }: RuleContext, dy: string) {
  const both = Boolean(low && high);
  const ordered = both ? b.mask(b.compare('LessOrEqual', low, high), dy) : undefined;
  const tied = both ? b.sub(1, b.mul(b.mask(b.compare('Less', low, high), dy), 0.5)) : 0.5;
  const kept = (beyond: 'Greater' | 'Less', bound: string): string =>
    b.add(b.mask(b.compare(beyond, x, bound), dy), b.mul(b.mask(b.compare('Equal', x, bound), dy), tied));
  const times = (...factors: readonly (string | undefined)[]): string =>
    factors.reduce<string>((product, factor) => (factor ? b.mul(product, factor) : product), dy);
  const above = low ? kept('Greater', low) : undefined;
  const below = high ? kept('Less', high) : undefined;
  return [
    times(above, below, ordered),
    above && times(b.sub(1, above), ordered),
    below && times(b.sub(1, ordered ? b.mul(below, ordered) : below)),
  ];
}
