import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { numbersOf } from '../../ir/constant.js';
import { scatterAxis } from './indexing.js';
import type { Rule, RuleContext } from './rule.js';

/** Zeros around the part that was taken. */
export const slice: Rule = (b, step, dy) => {
  const [x] = step.inputs;
  const spans = spansOf(b, step);
  const plain = spans?.every((span) => Math.abs(span.step) === 1);
  return [spans !== undefined && plain ? padded(b, dy, { x, spans }) : scattered(b, step, dy)];
};

interface Taken {
  readonly axis: number;
  readonly step: number;
  /** Lowest and one past the highest place taken. */
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** Every number of the slice, if all are known. */
function spansOf(b: MathBuilder, { inputs: [x, ...lists] }: RuleContext): readonly Taken[] | undefined {
  const [starts, ends, axes, steps] = lists.map((list) => integers(b, list));
  if (starts === undefined || ends === undefined) return undefined;
  if ((lists[2] && axes === undefined) || (lists[3] && steps === undefined)) return undefined;
  const rank = b.rank(x);
  const spans = starts.map((start, i) => {
    const axis = ((axes?.[i] ?? i) + rank) % rank;
    const size = b.dims(x)[axis];
    const step = steps?.[i] ?? 1;
    return typeof size === 'number'
      ? { axis, step, size, ...bounds({ start, end: ends[i], step, size }) }
      : undefined;
  });
  return spans.every((span) => span !== undefined) ? spans : undefined;
}

function integers(b: MathBuilder, name: string | undefined): readonly number[] | undefined {
  const constant = name ? b.constantOf(name) : undefined;
  return constant && Array.from(numbersOf(constant));
}

/** Negative indices count from the end; ends beyond the axis are its ends. */
function bounds({ start, end, step, size }: { start: number; end: number; step: number; size: number }) {
  const clamp = (index: number, low: number, high: number) =>
    Math.min(Math.max(index < 0 ? index + size : index, low), high);
  if (step > 0) return ordered(clamp(start, 0, size), clamp(end, 0, size));
  return ordered(clamp(end, -1, size - 1) + 1, clamp(start, -1, size - 1) + 1);
}

const ordered = (from: number, to: number) => ({ from, to: Math.max(from, to) });

function padded(b: MathBuilder, dy: string, { x, spans }: { x: string; spans: readonly Taken[] }): string {
  const reversed = spans.filter((span) => span.step < 0);
  const forward = b.slice(
    dy,
    reversed.map(({ axis }) => ({ axis, from: -1, to: -(2 ** 31), step: -1 })),
  );
  const margin = (size: (span: Taken) => number) =>
    b
      .others(x, [])
      .map((axis) => spans.filter((span) => span.axis === axis).reduce((sum, s) => sum + size(s), 0));
  return b.pad(
    forward,
    margin((span) => span.from),
    margin((span) => span.size - span.to),
  );
}

/** Axis by axis: the places that the same slice takes from 0, 1, 2, ... */
function scattered(
  b: MathBuilder,
  { node, inputs: [x, starts, ends, axes, steps], refuse }: RuleContext,
  dy: string,
): string {
  const count = b.dims(starts)[0];
  const known = axes ? integers(b, axes) : Array.from({ length: Number(count) }, (_, axis) => axis);
  if (typeof count !== 'number' || known === undefined) {
    return refuse('its axes are computed in the graph', 'Export the model with constant axes.');
  }
  const rank = b.rank(x);
  return known.reduceRight((d, given, i) => {
    const axis = (given + rank) % rank;
    const pick = (list: string) => b.slice(list, [{ axis: 0, from: i, to: i + 1 }]);
    const numbers = [starts, ends].map(pick);
    const rest = steps ? [b.ints([0]), pick(steps)] : [b.ints([0])];
    const places = b.emit('Slice', [positionsAlong(b, x, axis), ...numbers, ...rest], node.attributes);
    return scatterAxis(b, d, { axis, indices: places, size: { of: x, axis }, distinct: true });
  }, dy);
}
