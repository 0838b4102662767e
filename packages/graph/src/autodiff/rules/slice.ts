import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { numbersOf } from '../../ir/constant.js';
import { scatterAxis } from './indexing.js';
import type { Rule, RuleContext } from './rule.js';

/** dx is dy with zeros around it; between its elements too if a step is greater than 1. */
export const slice: Rule = (b, step, dy) => {
  const [x] = step.inputs;
  const spans = knownSlices(b, step);
  const plain = spans?.every((span) => Math.abs(span.step) === 1);
  return [spans !== undefined && plain ? padBack(b, dy, { x, spans }) : scatterBack(b, step, dy)];
};

interface KnownSlice {
  readonly axis: number;
  readonly step: number;
  /** Lowest selected index, and one past the highest. */
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** Returns the slice of each axis if all its numbers are known; otherwise undefined. */
function knownSlices(
  b: MathBuilder,
  { inputs: [x, ...lists] }: RuleContext,
): readonly KnownSlice[] | undefined {
  const [starts, ends, axes, steps] = lists.map((list) => integers(b, list));
  if (starts === undefined || ends === undefined) return undefined;
  if ((lists[2] && axes === undefined) || (lists[3] && steps === undefined)) return undefined;
  const rank = b.rank(x);
  const spans = starts.map((start, i) => {
    const axis = ((axes?.[i] ?? i) + rank) % rank;
    const size = b.dims(x)[axis];
    const step = steps?.[i] ?? 1;
    return typeof size === 'number'
      ? { axis, step, size, ...clampedBounds({ start, end: ends[i], step, size }) }
      : undefined;
  });
  return spans.every((span) => span !== undefined) ? spans : undefined;
}

function integers(b: MathBuilder, name: string | undefined): readonly number[] | undefined {
  const constant = name ? b.constantOf(name) : undefined;
  return constant && Array.from(numbersOf(constant));
}

/** Adds the size to negative indices and clamps indices to the axis, as the ONNX standard defines. */
function clampedBounds({
  start,
  end,
  step,
  size,
}: {
  start: number;
  end: number;
  step: number;
  size: number;
}) {
  const clamp = (index: number, low: number, high: number) =>
    Math.min(Math.max(index < 0 ? index + size : index, low), high);
  if (step > 0) return ordered(clamp(start, 0, size), clamp(end, 0, size));
  return ordered(clamp(end, -1, size - 1) + 1, clamp(start, -1, size - 1) + 1);
}

const ordered = (from: number, to: number) => ({ from, to: Math.max(from, to) });

/** For steps 1 and -1: reverses dy where the step is -1, and pads it with zeros. */
function padBack(
  b: MathBuilder,
  dy: string,
  { x, spans }: { x: string; spans: readonly KnownSlice[] },
): string {
  const reversed = spans.filter((span) => span.step < 0);
  const forward = b.slice(
    dy,
    reversed.map(({ axis }) => ({ axis, from: -1, to: -(2 ** 31), step: -1 })),
  );
  const margin = (size: (span: KnownSlice) => number) =>
    b
      .others(x, [])
      .map((axis) => spans.filter((span) => span.axis === axis).reduce((sum, s) => sum + size(s), 0));
  return b.pad(
    forward,
    margin((span) => span.from),
    margin((span) => span.size - span.to),
  );
}

/** Slices 0, 1, 2, ... along each axis in the same way, which gives the indices that the elements of dy belong to. */
function scatterBack(
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
    const indices = b.emit('Slice', [positionsAlong(b, x, axis), ...numbers, ...rest], node.attributes);
    return scatterAxis(b, d, { axis, indices: indices, size: { of: x, axis }, distinct: true });
  }, dy);
}
