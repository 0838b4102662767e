import { own } from '@onnxplain/core';
import { positionsAlong } from '../../../builder/math/positions.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { Rule, RuleContext } from '../rule.js';
import {
  type Coordinate,
  clamped,
  product,
  reflected,
  type SampledAxis,
  sizeTerm,
  sum,
} from './coordinate.js';
import { inFloat32OrWider } from './float32-or-wider.js';
import {
  channelsLastRows,
  coordinateCotangent,
  type Interpolation,
  interpolationOf,
  rowCotangent,
  rowsToChannels,
  unsqueezeTaps,
} from './interpolation.js';
import { type Kernel, kernels, type Padding, type Taps, tapsAt } from './taps.js';

/**
 * y = sum over taps of weight x[tap]: dx[tap] adds dy weight, and each grid coordinate gets the sum of dy x[tap] times the derivative of
 * the weight.
 */
export const gridSample: Rule = inFloat32OrWider((b, step, dy) => {
  const [x, grid] = step.inputs;
  const reading = interpolationAt(b, step);
  const points = b.transpose(b.reshape(dy, [{ of: x, axis: 0 }, { of: x, axis: 1 }, -1]), [0, 2, 1]);
  const d = b.unsqueeze(
    points,
    reading.axes.map((_, a) => a + 2),
  );
  return [
    rowsToChannels(b, rowCotangent(b, reading, d), { like: x }),
    gridCotangent(b, reading, { d, grid }),
  ];
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
    kernel: own(MODES, mode) ?? step.refuse(`mode "${mode}" is not known`, 'Repair the model.'),
    padding: padding_mode as Padding,
    aligned,
  };
}

function interpolationAt(b: MathBuilder, step: RuleContext): Interpolation {
  const [x, grid] = step.inputs;
  const options = optionsOf(step);
  const spatial = b.others(x, [0, 1]);
  const along = spatial.map((axis, a) => {
    const on = { size: { of: x, axis }, aligned: options.aligned };
    // The grid lists the last axis first.
    const coordinate = coordinateAlong(b, { grid, at: spatial.length - 1 - a }, on);
    const taps = tapsWithPadding(b, coordinate, { ...on, ...options });
    return [unsqueezeTaps(b, taps, { first: 2, at: a, of: spatial.length }), on] as const;
  });
  const batch = b.reshape(positionsAlong(b, x, 0), [-1, 1, ...spatial.map(() => 1)]);
  return interpolationOf(b, { rows: channelsLastRows(b, x), batch, along });
}

/** Maps [-1, 1] to positions: to the centres of the end elements with align_corners, else to their outer edges. */
function coordinateAlong(
  b: MathBuilder,
  { grid, at }: { grid: string; at: number },
  on: SampledAxis,
): Coordinate {
  const points = b.reshape(grid, [{ of: grid, axis: 0 }, -1, { of: grid, axis: b.rank(grid) - 1 }]);
  const g = b.squeeze(b.slice(points, [{ axis: 2, from: at, to: at + 1 }]), [2]);
  const size = sizeTerm(b, on, grid);
  const derivative = product(b, on.aligned ? sum(b, size, -1) : size, 0.5);
  const along = b.mul(b.add(g, 1), derivative);
  return { position: on.aligned ? along : b.sub(along, 0.5), derivative };
}

/**
 * For linear interpolation, applies the padding to the coordinate, which gives PyTorch's derivative at the ends. For other modes, applies
 * it to each tap.
 */
function tapsWithPadding(b: MathBuilder, coordinate: Coordinate, read: Options & SampledAxis): Taps {
  const { kernel, padding } = read;
  if (kernel !== kernels.linear || padding === 'zeros') return tapsAt(b, coordinate, read);
  const shown = padding === 'reflection' ? reflected(b, coordinate, read) : coordinate;
  return tapsAt(b, clamped(b, shown, read), { ...read, padding: 'border' });
}

function gridCotangent(
  b: MathBuilder,
  reading: Interpolation,
  { d, grid }: { d: string; grid: string },
): string | undefined {
  const taps = reading.axes.map((_, a) => a + 2);
  const parts = taps.flatMap((_, a) => {
    const found = coordinateCotangent(b, reading, { d, a });
    return found === undefined ? [] : [b.squeeze(b.sum(found, taps), taps.slice(1))];
  });
  return parts.length === 0 ? undefined : b.reshapeLike(b.concat(parts.reverse(), 2), grid);
}
