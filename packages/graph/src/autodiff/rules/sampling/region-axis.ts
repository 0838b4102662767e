import { positionsAlong } from '../../../builder/math/positions.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { RuleContext } from '../rule.js';
import { clamped, type SampledAxis, sizeTerm } from './coordinate.js';
import { adaptiveSamples, fixedSamples, type Samples } from './samples.js';
import { kernels, type Taps, tapsAt } from './taps.js';

/** The taps of all samples of all regions along y (axis 0) or x (axis 1). */
export interface RegionAxis {
  readonly on: SampledAxis;
  /** Taps, broadcastable to [regions, height, width, taps along y, taps along x]. */
  readonly taps: Taps;
  /** Minus infinity for taps of samples that a region does not have, else 0, in the shape of the taps; undefined if all samples exist. */
  readonly missing: string | undefined;
  /** Derivative of each sample's position by the end of its region, [regions or 1, cells, samples]. That by its start is 1 minus this. */
  readonly fraction: string;
  readonly scale: number;
  readonly cells: number;
}

/** Returns the taps along an axis. For a mean, weights include 1 / samples. Samples more than one element outside have weight 0. */
export function regionAxisOf(b: MathBuilder, step: RuleContext, axis: 0 | 1): RegionAxis {
  const [x] = step.inputs;
  const on: SampledAxis = { size: { of: x, axis: axis + 2 } };
  const { from, length, grows } = boundsOf(b, step, axis);
  const { output_height, output_width, sampling_ratio: count } = attributesOf(step.node, 'RoiAlign');
  const cells = axis === 0 ? output_height : output_width;
  const samples =
    count > 0 ? fixedSamples(b, { like: from, cells, count }) : adaptiveSamples(b, { length, cells });
  const { taps, missing } = tapsOf(b, step, {
    at: b.add(from, b.mul(length, samples.fraction)),
    on,
    samples,
  });
  const put = (value: string) => alignRegionAxis(b, value, { regions: step.inputs[1], cells, axis });
  return {
    on,
    taps: {
      index: put(taps.index),
      weight: put(taps.weight),
      derivative: taps.derivative && put(taps.derivative),
    },
    missing: missing && put(missing),
    fraction: grows === undefined ? samples.fraction : b.mul(samples.fraction, grows),
    scale: attributesOf(step.node, 'RoiAlign').spatial_scale,
    cells,
  };
}

/**
 * Returns the start and length of each region, [regions, 1, 1]; `grows` is 0 where the length is the minimum of 1, which does not depend on
 * the corners.
 */
function boundsOf(b: MathBuilder, step: RuleContext, axis: 0 | 1) {
  const half = attributesOf(step.node, 'RoiAlign').coordinate_transformation_mode === 'half_pixel';
  // A region is (x1, y1, x2, y2).
  const corner = (column: number) => {
    const c = b.slice(step.inputs[1], [{ axis: 1, from: column, to: column + 1 }]);
    return b.unsqueeze(b.mul(c, attributesOf(step.node, 'RoiAlign').spatial_scale), [2]);
  };
  const [start, end] = [corner(1 - axis), corner(3 - axis)];
  const length = b.sub(end, start);
  if (half) return { from: b.sub(start, 0.5), length, grows: undefined };
  // Without the half-pixel offset, a region is at least one element long.
  const grows = b.mask(b.compare('Greater', length, 1), length);
  return { from: start, length: b.emit('Max', [length, b.scalar(1, length)]), grows };
}

interface SampledPositions {
  /** [regions, cells, samples]. */
  readonly at: string;
  readonly on: SampledAxis;
  readonly samples: Samples;
}

/** Returns the linear taps of the samples, [regions, cells, samples, 2]. */
function tapsOf(b: MathBuilder, step: RuleContext, { at, on, samples }: SampledPositions) {
  const near = b.emit('And', [
    b.compare('GreaterOrEqual', at, -1),
    b.compare('LessOrEqual', at, sizeTerm(b, on, at)),
  ]);
  const { exists, count } = samples;
  const there = b.mask(exists === undefined ? near : b.emit('And', [near, exists]), at);
  const isMean = attributesOf(step.node, 'RoiAlign').mode === 'avg';
  const factor = b.unsqueeze(isMean ? b.div(there, count) : there, [3]);
  const taps = tapsAt(b, clamped(b, { position: at, derivative: 1 }, on), {
    ...on,
    kernel: kernels.linear,
    padding: 'border',
  });
  const weight = b.mul(taps.weight, factor);
  const missing =
    isMean || exists === undefined ? undefined : b.where(exists, b.scalar(0, at), Number.NEGATIVE_INFINITY);
  return {
    taps: { index: taps.index, weight, derivative: taps.derivative && b.mul(taps.derivative, factor) },
    missing: missing && b.expand(b.unsqueeze(missing, [3]), weight),
  };
}

interface RegionAxisShape {
  readonly regions: string;
  readonly cells: number;
  readonly axis: 0 | 1;
}

/** [regions, cells, samples, 2] -> [regions, cells, 1, taps, 1] along y, [regions, 1, cells, 1, taps] along x. */
function alignRegionAxis(b: MathBuilder, value: string, { regions, cells, axis }: RegionAxisShape): string {
  const rows = { of: regions, axis: 0 };
  return b.reshape(value, axis === 0 ? [rows, cells, 1, -1, 1] : [rows, 1, cells, 1, -1]);
}

/**
 * Returns the weight of every element of the axis in every cell: [regions, cells, elements]. With these matrices V and W for y and x, the
 * cells of a mean are V image W^T.
 */
export function interpolationMatrix(
  b: MathBuilder,
  { taps, on, cells }: RegionAxis,
  regions: string,
): string {
  const list = (value: string) => b.reshape(value, [{ of: regions, axis: 0 }, cells, -1, 1]);
  const isThere = b.compare('Equal', list(taps.index), positionsAlong(b, on.size.of, on.size.axis));
  return b.squeeze(b.sum(b.mul(list(taps.weight), b.mask(isThere, taps.weight)), [2]), [2]);
}
