import { positionsAlong } from '../../../builder/math/positions.js';
import type { MathBuilder, Size } from '../../../builder/math-builder.js';
import type { KernelAxis } from '../../../infer/window.js';
import { attributesOf } from '../../../ir/attributes.js';
import { constantFrom } from '../../../ir/constant.js';
import { perChannel } from '../conv.js';
import type { Rule, RuleContext } from '../rule.js';
import { windowOf } from '../window.js';
import {
  alone,
  beside,
  fromRows,
  type Interpolation,
  readingOf,
  rowsOf,
  tapped,
  toCoordinate,
  toRows,
} from './reading.js';
import { kernels, tapsAt } from './taps.js';
import { wide } from './wide.js';

/**
 * A product of the weights with columns that are read at moved places, times the mask: back through the product, then the reading.
 * Points are the taps of all windows, in the order of the offsets; each group of channels with offsets of its own has its own.
 */
export const deformConv: Rule = wide((b, step, dy) => {
  const [x, weight, offset, bias, mask] = step.inputs;
  const sizes = sizesOf(b, step);
  const reading = readingAt(b, step, sizes);
  const read = b.squeeze(b.sum(b.mul(beside(b, reading.weight), tapped(b, reading)), [3, 4]), [3, 4]);
  const factor = mask ? beside(b, b.reshape(mask, [batchOf(x), sizes.shifted, -1])) : undefined;
  const masked = (value: string) => (factor === undefined ? value : b.mul(value, factor));
  const columns = toColumns(b, { dy, weight }, sizes);
  const d = b.unsqueeze(masked(columns), [3, 4]);
  const source = { like: grouped(b, x, sizes), batch: 2 };
  return [
    b.reshapeLike(fromRows(b, toRows(b, reading, d), source), x),
    toWeight(b, { dy, columns: masked(read), weight }, sizes),
    toOffset(b, reading, { d, offset, taps: sizes.taps }),
    bias ? perChannel(b, dy) : undefined,
    mask ? b.reshapeLike(b.sum(b.mul(columns, read), [3]), mask) : undefined,
  ];
});

const batchOf = (x: string): Size => ({ of: x, axis: 0 });

interface Sizes {
  readonly window: readonly KernelAxis[];
  /** Taps of a window. */
  readonly taps: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly groups: number;
  /** Groups of channels with offsets of their own. */
  readonly shifted: number;
}

function sizesOf(b: MathBuilder, step: RuleContext): Sizes {
  const [outChannels, perGroup, ...kernel] = b.dims(step.inputs[1]);
  if (typeof outChannels !== 'number' || typeof perGroup !== 'number') {
    return step.refuse('its weights have an unknown size', 'Export the model with constant weights.');
  }
  const window = windowOf(step, kernel);
  if (window.length !== 2) step.refuse(`it has ${window.length} spatial axes, not two`, 'Use two.');
  const { group: groups, offset_group: shifted } = attributesOf(step.node, 'DeformConv');
  return {
    window,
    taps: window.reduce((product, axis) => product * axis.kernel, 1),
    channels: perGroup * groups,
    outChannels,
    groups,
    shifted,
  };
}

/** [N, C, H, W] -> [N, offset groups, C', H, W]. */
function grouped(b: MathBuilder, x: string, { channels, shifted }: Sizes): string {
  const spatial = b.others(x, [0, 1]).map((axis) => ({ of: x, axis }));
  return b.reshape(x, [batchOf(x), shifted, channels / shifted, ...spatial]);
}

function readingAt(b: MathBuilder, step: RuleContext, sizes: Sizes): Interpolation {
  const [x, , offset] = step.inputs;
  const source = grouped(b, x, sizes);
  const along = [0, 1].map((axis) => {
    const on = { size: { of: x, axis: axis + 2 } };
    const at = pointsAlong(b, { x, offset, axis }, sizes);
    const taps = tapsAt(b, { at, slope: 1 }, { ...on, kernel: kernels.linear, padding: 'zeros' });
    return [alone(b, taps, { first: 3, at: axis, of: 2 }), on] as const;
  });
  const rows = b.mul(b.unsqueeze(positionsAlong(b, x, 0), [1]), b.ints([sizes.shifted]));
  const batch = b.add(rows, b.ints(Array.from({ length: sizes.shifted }, (_, group) => group)));
  return readingOf(b, { rows: rowsOf(b, source, 2), batch: b.unsqueeze(batch, [2, 3, 4]), along });
}

interface Along {
  readonly x: string;
  readonly offset: string;
  readonly axis: number;
}

/** Coordinates along y (axis 0) or x of all points: [N, offset groups, points]. */
function pointsAlong(b: MathBuilder, { x, offset, axis }: Along, { window, shifted }: Sizes): string {
  const kernel = window.map((one) => one.kernel);
  const outputs = [2, 3].map((at) => ({ of: offset, axis: at }));
  const all = b.reshape(offset, [batchOf(x), shifted, ...kernel, 2, ...outputs]);
  const own = b.slice(all, [{ axis: 4, from: axis, to: axis + 1 }]);
  const { stride, dilation, before } = window[axis];
  const inWindow = Array.from({ length: kernel[axis] }, (_, tap) => tap * dilation - before);
  const tap = b.constant(constantFrom(b.dtype(offset), [kernel[axis]], inWindow), 'taps');
  const place = b.mul(b.cast(positionsAlong(b, offset, axis + 2), b.dtype(offset)), stride);
  // Beside [kernel rows, kernel columns, 1, output rows, output columns].
  const start = b.add(
    b.unsqueeze(tap, axis === 0 ? [1, 2, 3, 4] : [0, 2, 3, 4]),
    b.unsqueeze(place, axis === 0 ? [0, 1, 2, 4] : [0, 1, 2, 3]),
  );
  return b.reshape(b.add(own, start), [batchOf(x), shifted, -1]);
}

/** dy by convolution groups: [N, groups, channels, outputs]. */
const byGroup = (b: MathBuilder, dy: string, { groups, outChannels }: Sizes): string =>
  b.reshape(dy, [batchOf(dy), groups, outChannels / groups, -1]);

/** The weights as one matrix a group: [groups, channels out, channels in x taps]. */
const matrices = (b: MathBuilder, weight: string, { groups, outChannels, channels, taps }: Sizes): string =>
  b.reshape(weight, [groups, outChannels / groups, (channels / groups) * taps]);

/** The cotangent of the columns: [N, offset groups, points, C']. */
function toColumns(b: MathBuilder, { dy, weight }: { dy: string; weight: string }, sizes: Sizes): string {
  const { channels, shifted } = sizes;
  const transposed = b.transpose(matrices(b, weight, sizes), [0, 2, 1]);
  const columns = b.matmul(transposed, byGroup(b, dy, sizes));
  return b.transpose(b.reshape(columns, [batchOf(dy), shifted, channels / shifted, -1]), [0, 1, 3, 2]);
}

interface Product {
  readonly dy: string;
  readonly columns: string;
  readonly weight: string;
}

function toWeight(b: MathBuilder, { dy, columns, weight }: Product, sizes: Sizes): string {
  const { groups, channels, taps } = sizes;
  const byChannel = b.transpose(columns, [0, 1, 3, 2]);
  const rows = b.reshape(byChannel, [batchOf(dy), groups, (channels / groups) * taps, -1]);
  const product = b.matmul(byGroup(b, dy, sizes), b.transpose(rows, [0, 1, 3, 2]));
  return b.reshapeLike(b.sum(product, [0]), weight);
}

interface Moved {
  readonly d: string;
  readonly offset: string;
  readonly taps: number;
}

function toOffset(b: MathBuilder, reading: Interpolation, { d, offset, taps }: Moved): string | undefined {
  const parts = [0, 1].flatMap((a) => {
    const found = toCoordinate(b, reading, { d, a });
    if (found === undefined) return [];
    const points = b.sum(found, [3, 4]);
    return [b.reshape(points, [{ of: points, axis: 0 }, { of: points, axis: 1 }, taps, 1, -1])];
  });
  return parts.length === 0 ? undefined : b.reshapeLike(b.concat(parts, 3), offset);
}
