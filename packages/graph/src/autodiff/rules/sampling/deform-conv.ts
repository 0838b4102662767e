import { positionsAlong } from '../../../builder/math/positions.js';
import type { MathBuilder, Size } from '../../../builder/math-builder.js';
import type { KernelAxis } from '../../../infer/window.js';
import { attributesOf } from '../../../ir/attributes.js';
import { constantFrom } from '../../../ir/constant.js';
import { listOf } from '../../../ir/list-of.js';
import { sumPerChannel } from '../conv.js';
import type { Rule, RuleContext } from '../rule.js';
import { windowOf } from '../window.js';
import { inFloat32OrWider } from './float32-or-wider.js';
import {
  channelsLastRows,
  coordinateCotangent,
  gatherTaps,
  type Interpolation,
  interpolationOf,
  rowCotangent,
  rowsToChannels,
  unsqueezeTaps,
  withChannelAxis,
} from './interpolation.js';
import { kernels, tapsAt } from './taps.js';

/**
 * y = W columns, where the columns are x interpolated at shifted positions, times the mask. With dcolumns = W^T dy: dW = dy columns^T, the
 * mask gets the sum of dcolumns times the values, and x and the offsets get the cotangents of the interpolation at mask dcolumns.
 * The points of interpolation are the taps of all windows, in the order of the offsets, for each offset group of channels.
 */
export const deformConv: Rule = inFloat32OrWider((b, step, dy) => {
  const [x, weight, offset, bias, mask] = step.inputs;
  const sizes = sizesOf(b, step);
  const reading = interpolationAt(b, step, sizes);
  const read = b.squeeze(
    b.sum(b.mul(withChannelAxis(b, reading.weight), gatherTaps(b, reading)), [3, 4]),
    [3, 4],
  );
  const factor = mask ? withChannelAxis(b, b.reshape(mask, [batchOf(x), sizes.offsetGroups, -1])) : undefined;
  const masked = (value: string) => (factor === undefined ? value : b.mul(value, factor));
  const columns = columnCotangent(b, { dy, weight }, sizes);
  const d = b.unsqueeze(masked(columns), [3, 4]);
  const source = { like: grouped(b, x, sizes), batch: 2 };
  return [
    b.reshapeLike(rowsToChannels(b, rowCotangent(b, reading, d), source), x),
    weightCotangent(b, { dy, columns: masked(read), weight }, sizes),
    offsetCotangent(b, reading, { d, offset, taps: sizes.taps }),
    bias ? sumPerChannel(b, dy) : undefined,
    mask ? b.reshapeLike(b.sum(b.mul(columns, read), [3]), mask) : undefined,
  ];
});

const batchOf = (x: string): Size => ({ of: x, axis: 0 });

interface Sizes {
  readonly window: readonly KernelAxis[];
  /** Number of taps of a window. */
  readonly taps: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly groups: number;
  /** Number of groups of channels that share offsets. */
  readonly offsetGroups: number;
}

function sizesOf(b: MathBuilder, step: RuleContext): Sizes {
  const [outChannels, perGroup, ...kernel] = b.dims(step.inputs[1]);
  if (typeof outChannels !== 'number' || typeof perGroup !== 'number') {
    return step.refuse('its weights have an unknown size', 'Export the model with constant weights.');
  }
  const window = windowOf(step, kernel);
  if (window.length !== 2) step.refuse(`it has ${window.length} spatial axes, not two`, 'Use two.');
  const { group: groups, offset_group: offsetGroups } = attributesOf(step.node, 'DeformConv');
  return {
    window,
    taps: window.reduce((product, axis) => product * axis.kernel, 1),
    channels: perGroup * groups,
    outChannels,
    groups,
    offsetGroups,
  };
}

/** [N, C, H, W] -> [N, offset groups, C', H, W]. */
function grouped(b: MathBuilder, x: string, { channels, offsetGroups }: Sizes): string {
  const spatial = b.others(x, [0, 1]).map((axis) => ({ of: x, axis }));
  return b.reshape(x, [batchOf(x), offsetGroups, channels / offsetGroups, ...spatial]);
}

function interpolationAt(b: MathBuilder, step: RuleContext, sizes: Sizes): Interpolation {
  const [x, , offset] = step.inputs;
  const source = grouped(b, x, sizes);
  const along = [0, 1].map((axis) => {
    const on = { size: { of: x, axis: axis + 2 } };
    const at = pointsAlong(b, { x, offset, axis }, sizes);
    const taps = tapsAt(
      b,
      { position: at, derivative: 1 },
      { ...on, kernel: kernels.linear, padding: 'zeros' },
    );
    return [unsqueezeTaps(b, taps, { first: 3, at: axis, of: 2 }), on] as const;
  });
  const rows = b.mul(b.unsqueeze(positionsAlong(b, x, 0), [1]), b.ints([sizes.offsetGroups]));
  const batch = b.add(rows, b.ints(Array.from({ length: sizes.offsetGroups }, (_, group) => group)));
  return interpolationOf(b, {
    rows: channelsLastRows(b, source, 2),
    batch: b.unsqueeze(batch, [2, 3, 4]),
    along,
  });
}

interface OffsetAxis {
  readonly x: string;
  readonly offset: string;
  readonly axis: number;
}

/** Returns the coordinates of all points along y (axis 0) or x (axis 1): [N, offset groups, points]. */
function pointsAlong(
  b: MathBuilder,
  { x, offset, axis }: OffsetAxis,
  { window, offsetGroups }: Sizes,
): string {
  const kernel = window.map((one) => one.kernel);
  const outputs = [2, 3].map((at) => ({ of: offset, axis: at }));
  const all = b.reshape(offset, [batchOf(x), offsetGroups, ...kernel, 2, ...outputs]);
  const own = b.slice(all, [{ axis: 4, from: axis, to: axis + 1 }]);
  const { stride, dilation, before } = window[axis];
  const inWindow = listOf(kernel[axis], (tap) => tap * dilation - before);
  const tap = b.constant(constantFrom(b.dtype(offset), [kernel[axis]], inWindow), 'taps');
  const place = b.mul(b.cast(positionsAlong(b, offset, axis + 2), b.dtype(offset)), stride);
  // Broadcast to [kernel rows, kernel columns, 1, output rows, output columns].
  const start = b.add(
    b.unsqueeze(tap, axis === 0 ? [1, 2, 3, 4] : [0, 2, 3, 4]),
    b.unsqueeze(place, axis === 0 ? [0, 1, 2, 4] : [0, 1, 2, 3]),
  );
  return b.reshape(b.add(own, start), [batchOf(x), offsetGroups, -1]);
}

/** Splits dy into convolution groups: [N, groups, channels, outputs]. */
const byGroup = (b: MathBuilder, dy: string, { groups, outChannels }: Sizes): string =>
  b.reshape(dy, [batchOf(dy), groups, outChannels / groups, -1]);

/** Returns the weights as one matrix for each group: [groups, output channels, input channels x taps]. */
const weightMatrices = (
  b: MathBuilder,
  weight: string,
  { groups, outChannels, channels, taps }: Sizes,
): string => b.reshape(weight, [groups, outChannels / groups, (channels / groups) * taps]);

/** Returns the cotangent of the columns, W^T dy: [N, offset groups, points, C']. */
function columnCotangent(
  b: MathBuilder,
  { dy, weight }: { dy: string; weight: string },
  sizes: Sizes,
): string {
  const { channels, offsetGroups } = sizes;
  const transposed = b.transpose(weightMatrices(b, weight, sizes), [0, 2, 1]);
  const columns = b.matmul(transposed, byGroup(b, dy, sizes));
  return b.transpose(
    b.reshape(columns, [batchOf(dy), offsetGroups, channels / offsetGroups, -1]),
    [0, 1, 3, 2],
  );
}

interface WeightInputs {
  readonly dy: string;
  readonly columns: string;
  readonly weight: string;
}

function weightCotangent(b: MathBuilder, { dy, columns, weight }: WeightInputs, sizes: Sizes): string {
  const { groups, channels, taps } = sizes;
  const byChannel = b.transpose(columns, [0, 1, 3, 2]);
  const rows = b.reshape(byChannel, [batchOf(dy), groups, (channels / groups) * taps, -1]);
  const product = b.matmul(byGroup(b, dy, sizes), b.transpose(rows, [0, 1, 3, 2]));
  return b.reshapeLike(b.sum(product, [0]), weight);
}

interface OffsetInputs {
  readonly d: string;
  readonly offset: string;
  readonly taps: number;
}

function offsetCotangent(
  b: MathBuilder,
  reading: Interpolation,
  { d, offset, taps }: OffsetInputs,
): string | undefined {
  const parts = [0, 1].flatMap((a) => {
    const found = coordinateCotangent(b, reading, { d, a });
    if (found === undefined) return [];
    const points = b.sum(found, [3, 4]);
    return [b.reshape(points, [{ of: points, axis: 0 }, { of: points, axis: 1 }, taps, 1, -1])];
  });
  return parts.length === 0 ? undefined : b.reshapeLike(b.concat(parts, 3), offset);
}
