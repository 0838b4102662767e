import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Rule, RuleContext } from './rule.js';

/** Interpolation is a linear map M along each axis, one axis after the other: dx is dy multiplied by M^T along each axis. */
export const resize: Rule = (b, step, dy) => {
  const policy = attributesOf(step.node, 'Resize').keep_aspect_ratio_policy;
  if (policy !== 'stretch') step.refuse(`Resize with ${policy} has no rule`, 'Export with fixed sizes.');
  const axes = resizedAxes(b, step);
  const factors = repeatFactors(b, step, axes);
  if (factors !== undefined) return [sumRepeats(b, dy, factors)];
  return [
    axes.reduce((d, axis) => multiplyAxis(b, d, { axis, matrix: interpolationMatrix(b, step, axis) }), dy),
  ];
};

const CROP = 'tf_crop_and_resize';
const coordinateMode = (step: RuleContext): string =>
  attributesOf(step.node, 'Resize').coordinate_transformation_mode;

/** Returns the axes that `sizes` or `scales` list, in their order. */
function listedAxes(b: MathBuilder, { node, inputs: [x] }: RuleContext): readonly number[] {
  const rank = b.rank(x);
  return (attributesOf(node, 'Resize').axes ?? b.dims(x).map((_, axis) => axis)).map((axis) =>
    axis < 0 ? axis + rank : axis,
  );
}

/** Returns the listed axes whose size may change. */
function resizedAxes(b: MathBuilder, step: RuleContext): readonly number[] {
  const {
    inputs: [x, , scales],
    outputs: [y],
  } = step;
  const given = scales ? b.constantOf(scales)?.data : undefined;
  return listedAxes(b, step).filter((axis, i) => {
    if (coordinateMode(step) === CROP) return true;
    if (scales) return given === undefined || Number(given[i]) !== 1;
    return b.dims(x)[axis] !== b.dims(y)[axis];
  });
}

/**
 * Returns M of one axis, [out, in]: the same Resize of an identity matrix. It does not depend on x's elements, so that a runtime can fold
 * it.
 */
function interpolationMatrix(b: MathBuilder, step: RuleContext, axis: number): string {
  const {
    inputs: [x, roi, scales, sizes],
    node,
  } = step;
  const order = listedAxes(b, step);
  const i = order.indexOf(axis);
  const pick = (list: string, at = i) => b.slice(list, [{ axis: 0, from: at, to: at + 1 }]);
  const attributes = {
    ...node.attributes,
    axes: undefined,
    keep_aspect_ratio_policy: undefined,
    // Elements outside the input have a constant value, so their derivative is 0.
    extrapolation_value: attr.float(0),
  };
  const unit = identityMatrix(b, x, axis);
  const [none, all] = [floatList(b, 0), floatList(b, 1)];
  const crop =
    coordinateMode(step) === CROP ? b.concat([pick(roi), none, pick(roi, i + order.length), all], 0) : '';
  if (scales) return b.emit('Resize', [unit, crop, b.concat([pick(scales), all], 0)], attributes);
  const size = b.sizes([{ of: x, axis }]);
  return b.emit('Resize', [unit, crop, '', b.concat([pick(sizes), size], 0)], attributes);
}

const floatList = (b: MathBuilder, ...list: readonly number[]) =>
  b.constant({ dtype: 'float32', dims: [list.length], data: Float32Array.from(list) }, 'numbers');

/** Returns an identity matrix of the size of an axis of x. */
function identityMatrix(b: MathBuilder, x: string, axis: number): string {
  const size = { of: x, axis };
  return b.emit('EyeLike', [b.emit('Expand', [b.scalar(0, x), b.sizes([size, size])])]);
}

/** Multiplies an axis of d, of size `out`, by a matrix [out, in]. */
function multiplyAxis(b: MathBuilder, d: string, { axis, matrix }: { axis: number; matrix: string }): string {
  const last = b.rank(d) - 1;
  if (axis === last) return b.matmul(d, matrix);
  if (axis === last - 1) return b.matmul(b.transpose(matrix, [1, 0]), d);
  const swap = b.dims(d).map((_, i) => (i === axis ? last : i === last ? axis : i));
  return b.transpose(b.matmul(b.transpose(d, swap), matrix), swap);
}

/** Returns one integer factor for each spatial axis if Resize only repeats elements; otherwise undefined. */
function repeatFactors(
  b: MathBuilder,
  step: RuleContext,
  axes: readonly number[],
): readonly number[] | undefined {
  const {
    inputs: [x, , scales],
    outputs: [y],
  } = step;
  const { mode: interpolation, nearest_mode: rounding } = attributesOf(step.node, 'Resize');
  const mode = coordinateMode(step);
  const repeating =
    interpolation === 'nearest' &&
    ((mode === 'asymmetric' && rounding === 'floor') ||
      (mode === 'half_pixel' && rounding === 'round_prefer_floor'));
  if (!repeating || axes.length === 0 || axes.some((axis) => axis < 2)) return undefined;
  const given = scales ? b.constantOf(scales)?.data : undefined;
  const order = listedAxes(b, step);
  const factors = b
    .dims(x)
    .slice(2)
    .map((size, i) => {
      if (!axes.includes(i + 2)) return 1;
      if (given !== undefined) return Number(given[order.indexOf(i + 2)]);
      const grown = b.dims(y)[i + 2];
      return typeof size === 'number' && typeof grown === 'number' ? grown / size : Number.NaN;
    });
  return factors.every((factor) => Number.isInteger(factor) && factor > 0) ? factors : undefined;
}

/** The adjoint of repetition: sums over blocks, as their mean times their size. */
function sumRepeats(b: MathBuilder, dy: string, factors: readonly number[]): string {
  const n = factors.reduce((product, factor) => product * factor, 1);
  const shape = { kernel_shape: attr.ints(factors), strides: attr.ints(factors) };
  return b.mul(b.emit('AveragePool', [dy], shape), n);
}

/** Repeats the elements of each spatial axis by its factor. */
export function repeatAxes(b: MathBuilder, x: string, factors: readonly number[]): string {
  if (factors.every((factor) => factor === 1)) return x;
  const scales = floatList(b, 1, 1, ...factors);
  return b.emit('Resize', [x, '', scales], {
    mode: attr.string('nearest'),
    nearest_mode: attr.string('floor'),
    coordinate_transformation_mode: attr.string('asymmetric'),
  });
}
