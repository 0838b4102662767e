import { positionsAlong } from '../../../builder/math/positions.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { Rule, RuleContext } from '../rule.js';
import { type Coordinate, held, mirrored, product, type SampledAxis, sizeTerm, sum } from './coordinate.js';
import { alone, fromRows, type Interpolation, readingOf, rowsOf, toCoordinate, toRows } from './reading.js';
import { type Kernel, kernels, type Padding, type Taps, tapsAt } from './taps.js';
import { wide } from './wide.js';

/** Each output's cotangent goes to the elements that it was read from, by their weights, and to its coordinates, by their slopes. */
export const gridSample: Rule = wide((b, step, dy) => {
  const [x, grid] = step.inputs;
  const reading = readingAt(b, step);
  const points = b.transpose(b.reshape(dy, [{ of: x, axis: 0 }, { of: x, axis: 1 }, -1]), [0, 2, 1]);
  const d = b.unsqueeze(
    points,
    reading.axes.map((_, a) => a + 2),
  );
  return [fromRows(b, toRows(b, reading, d), { like: x }), toGrid(b, reading, { d, grid })];
});

const MODES: Readonly<Record<string, Kernel>> = {
  ...kernels,
  bilinear: kernels.linear,
  bicubic: kernels.cubic,
};

interface Options {
  readonly kernel: Kernel;
  readonly padding: Padding;
  readonly aligned: boolean;
}

function optionsOf(step: RuleContext): Options {
  const { mode, padding_mode, align_corners: aligned } = attributesOf(step.node, 'GridSample');
  return {
    kernel: MODES[mode] ?? step.refuse(`mode "${mode}" is not known`, 'Repair the model.'),
    padding: padding_mode as Padding,
    aligned,
  };
}

function readingAt(b: MathBuilder, step: RuleContext): Interpolation {
  const [x, grid] = step.inputs;
  const options = optionsOf(step);
  const spatial = b.others(x, [0, 1]);
  const along = spatial.map((axis, a) => {
    const on = { size: { of: x, axis }, aligned: options.aligned };
    // The grid lists the last axis first.
    const coordinate = coordinateOf(b, { grid, at: spatial.length - 1 - a }, on);
    const taps = settledTaps(b, coordinate, { ...on, ...options });
    return [alone(b, taps, { first: 2, at: a, of: spatial.length }), on] as const;
  });
  const batch = b.reshape(positionsAlong(b, x, 0), [-1, 1, ...spatial.map(() => 1)]);
  return readingOf(b, { rows: rowsOf(b, x), batch, along });
}

/** -1 and 1 are the centres of the end elements, or their outer edges. */
function coordinateOf(
  b: MathBuilder,
  { grid, at }: { grid: string; at: number },
  on: SampledAxis,
): Coordinate {
  const points = b.reshape(grid, [{ of: grid, axis: 0 }, -1, { of: grid, axis: b.rank(grid) - 1 }]);
  const g = b.squeeze(b.slice(points, [{ axis: 2, from: at, to: at + 1 }]), [2]);
  const size = sizeTerm(b, on, grid);
  const slope = product(b, on.aligned ? sum(b, size, -1) : size, 0.5);
  const along = b.mul(b.add(g, 1), slope);
  return { at: on.aligned ? along : b.sub(along, 0.5), slope };
}

/** Linear interpolation pads the coordinate, as PyTorch does, so that its slope at the ends is PyTorch's; others pad every tap. */
function settledTaps(b: MathBuilder, coordinate: Coordinate, read: Options & SampledAxis): Taps {
  const { kernel, padding } = read;
  if (kernel !== kernels.linear || padding === 'zeros') return tapsAt(b, coordinate, read);
  const shown = padding === 'reflection' ? mirrored(b, coordinate, read) : coordinate;
  return tapsAt(b, held(b, shown, read), { ...read, padding: 'border' });
}

function toGrid(
  b: MathBuilder,
  reading: Interpolation,
  { d, grid }: { d: string; grid: string },
): string | undefined {
  const taps = reading.axes.map((_, a) => a + 2);
  const parts = taps.flatMap((_, a) => {
    const found = toCoordinate(b, reading, { d, a });
    return found === undefined ? [] : [b.squeeze(b.sum(found, taps), taps.slice(1))];
  });
  return parts.length === 0 ? undefined : b.reshapeLike(b.concat(parts.reverse(), 2), grid);
}
