import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { listOf } from '../../ir/list-of.js';
import { sumPerChannel } from './conv.js';
import { type RuleContext, type RuleEntry, zero } from './rule.js';

/** Backward rules of normalisations. */
export const normalisation = {
  BatchNormalization: (b, step, dy) => batchNormalization(b, step, dy),
  Hardmax: zero,
  InstanceNormalization: (b, step, dy) => {
    const [x, scale] = step.inputs;
    const unit = standardise(b, x, {
      axes: b.others(x, [0, 1]),
      epsilon: attributesOf(step.node, 'InstanceNormalization').epsilon,
    });
    const dUnit = b.mul(dy, alignToChannels(b, scale, x));
    return [
      standardiseBackward(b, unit, dUnit),
      sumPerChannel(b, b.mul(dy, unit.value)),
      sumPerChannel(b, dy),
    ];
  },
  LRN: (b, step, dy) => [localResponseNormalization(b, step, dy)],
  LayerNormalization: (b, step, dy) => layerNormalization(b, step, dy),
  // y = x - logsumexp(x): dx = dy - softmax(x) sum(dy).
  LogSoftmax: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const axes = [nonNegativeAxis(b, x, attributesOf(node, 'LogSoftmax').axis)];
    return [b.sub(dy, b.mul(b.map('Exp', y), b.sum(dy, axes)))];
  },
  // y = x / |x|_p: dx = (dy - n sum(dy y)) / |x|_p with n the gradient of the norm: y for p = 2, sign(x) for p = 1.
  LpNormalization: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const axes = [nonNegativeAxis(b, x, attributesOf(node, 'LpNormalization').axis)];
    const euclidean = attributesOf(node, 'LpNormalization').p === 2;
    const { isZero, safe } = replaceZeros(b, b.sum(euclidean ? b.square(x) : b.map('Abs', x), axes));
    const norm = euclidean ? b.map('Sqrt', safe) : safe;
    const direction = euclidean ? y : b.sign(x);
    return [b.where(isZero, 0, b.div(b.sub(dy, b.mul(direction, b.sum(b.mul(dy, y), axes))), norm))];
  },
  // y = c / (s + 1e-9) with c = x - mean(x), s = sqrt(mean(c^2)): dx = (dy - mean(dy) - c / s mean(dy y)) / (s + 1e-9).
  MeanVarianceNormalization: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const axes = attributesOf(node, 'MeanVarianceNormalization').axes.map((axis) =>
      nonNegativeAxis(b, x, axis),
    );
    const centred = b.sub(x, b.mean(x, axes));
    const { isZero, safe } = replaceZeros(b, b.mean(b.square(centred), axes));
    const deviation = b.map('Sqrt', safe);
    const radial = b.mul(b.div(centred, deviation), b.mean(b.mul(dy, y), axes));
    const along = b.sub(b.sub(dy, b.mean(dy, axes)), b.where(isZero, 0, radial));
    return [b.div(along, b.add(b.where(isZero, 0, deviation), 1e-9))];
  },
  // dx = y (dy - sum(dy y)).
  Softmax: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const axes = [nonNegativeAxis(b, x, attributesOf(node, 'Softmax').axis)];
    return [b.mul(y, b.sub(dy, b.sum(b.mul(dy, y), axes)))];
  },
} as const satisfies Record<string, RuleEntry>;

/** Returns where a value is 0, and the value with 1 in these places, which is safe to divide by. */
function replaceZeros(b: MathBuilder, size: string) {
  const isZero = b.compare('Equal', size, 0);
  return { isZero, safe: b.where(isZero, 1, size) };
}

const nonNegativeAxis = (b: MathBuilder, x: string, axis: number) => (axis < 0 ? axis + b.rank(x) : axis);

/** u = (x - mean) r over `axes`, with r = 1 / sqrt(variance + epsilon). */
interface Standardised {
  readonly value: string;
  readonly mean: string;
  readonly inverseDeviation: string;
  readonly axes: readonly number[];
}

function standardise(
  b: MathBuilder,
  x: string,
  over: { axes: readonly number[]; epsilon: number },
): Standardised {
  const mean = b.mean(x, over.axes);
  const centred = b.sub(x, mean);
  const variance = b.mean(b.square(centred), over.axes);
  const inverseDeviation = b.div(b.scalar(1, x), b.map('Sqrt', b.add(variance, over.epsilon)));
  return { value: b.mul(centred, inverseDeviation), mean, inverseDeviation, axes: over.axes };
}

/** u = (x - mean) r: dx = r (du - mean(du) - u mean(du u)). */
function standardiseBackward(
  b: MathBuilder,
  { value, inverseDeviation, axes }: Standardised,
  d: string,
): string {
  const radial = b.mul(value, b.mean(b.mul(d, value), axes));
  return b.mul(inverseDeviation, b.sub(b.sub(d, b.mean(d, axes)), radial));
}

/** Reshapes a vector [C] so that it broadcasts along the channels of x [N, C, ...]. */
function alignToChannels(b: MathBuilder, vector: string, x: string): string {
  const rank = b.rank(x);
  return rank <= 2
    ? vector
    : b.unsqueeze(
        vector,
        Array.from({ length: rank - 2 }, (_, i) => i + 1),
      );
}

/**
 * y = u scale + bias with u = (x - mean) r, r = (variance + epsilon)^-1/2 and given statistics: dx = dy scale r, dscale = sum(dy u),
 * dbias = sum(dy), dmean = -sum(dy) scale r, dvariance = -dscale scale r^2 / 2, because dr/dvariance = -r^3 / 2.
 */
function batchNormalization(b: MathBuilder, step: RuleContext, dy: string) {
  const [x, scale, , mean, variance] = step.inputs;
  if (attributesOf(step.node, 'BatchNormalization').training_mode) {
    step.refuse(
      'it is in training mode, where rows of a batch depend on each other',
      'Export the model in inference mode.',
    );
  }
  const r = b.div(
    b.scalar(1, variance),
    b.map('Sqrt', b.add(variance, attributesOf(step.node, 'BatchNormalization').epsilon)),
  );
  const scaling = b.mul(scale, r);
  const dx = b.mul(dy, alignToChannels(b, scaling, x));
  if (step.wanted.every((wanted, i) => !wanted || i === 0)) return [dx];
  const unit = b.mul(b.sub(x, alignToChannels(b, mean, x)), alignToChannels(b, r, x));
  const dScale = sumPerChannel(b, b.mul(dy, unit));
  const dBias = sumPerChannel(b, dy);
  const dVariance = b.mul(b.mul(b.mul(dScale, scale), b.square(r)), -0.5);
  return [dx, dScale, dBias, b.neg(b.mul(dBias, scaling)), dVariance];
}

/**
 * y = u scale + bias, with u standardised over the axes from `axis` on. The mean and r may be outputs too, with cotangents of their own.
 * The backward pass needs u, from which the outputs follow by a product and a sum; the operator itself takes ONNX Runtime several times as
 * long as these. In half precision it computes in float32, so that it stays.
 */
function layerNormalization(b: MathBuilder, step: RuleContext, dy: string) {
  const [x, scale, bias] = step.inputs;
  const { axis, epsilon } = attributesOf(step.node, 'LayerNormalization');
  const axes = b.others(x, []).slice(nonNegativeAxis(b, x, axis));
  const unit = standardise(b, x, { axes, epsilon });
  if (b.dtype(x) === 'float32' || b.dtype(x) === 'float64') {
    const scaled = b.mul(unit.value, scale);
    step.redefine?.([bias ? b.add(scaled, bias) : scaled, unit.mean, unit.inverseDeviation]);
  }
  const [, dMean, dInverse] = step.cotangents;
  const parts = [standardiseBackward(b, unit, b.mul(dy, scale))];
  if (dMean) parts.push(meanCotangent(b, x, { axes, d: dMean }));
  if (dInverse) {
    // r = (variance + epsilon)^-1/2, so dr/dx = -r^3 (x - mean) / n = -r^2 u / n.
    const scaling = b.mul(unit.value, b.square(unit.inverseDeviation));
    parts.push(b.neg(b.mul(scaling, meanCotangent(b, x, { axes, d: dInverse }))));
  }
  return [parts.reduce((sum, part) => b.add(sum, part)), b.mul(dy, unit.value), bias ? dy : undefined];
}

/** The cotangent of the elements of a mean: d / n with n the number of elements. */
function meanCotangent(
  b: MathBuilder,
  x: string,
  { axes, d }: { axes: readonly number[]; d: string },
): string {
  return b.div(d, b.sum(b.ones(x), axes));
}

/**
 * y = x k^-beta with k = bias + alpha / size W x^2, where the matrix W sums over neighbouring channels:
 * dx = dy k^-beta - 2 alpha beta / size x W^T(dy x k^(-beta - 1)).
 */
function localResponseNormalization(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x] = step.inputs;
  const { size, alpha, beta, bias } = attributesOf(step.node, 'LRN');
  const matrix = neighbourMatrix(b, step, size);
  const sums = alongChannels(b, b.square(x), matrix);
  const k = b.add(b.mul(sums, alpha / size), bias);
  const inner = alongChannels(b, b.mul(b.mul(dy, x), b.pow(k, -beta - 1)), b.transpose(matrix, [1, 0]));
  return b.sub(b.mul(dy, b.pow(k, -beta)), b.mul(b.mul(x, inner), (2 * alpha * beta) / size));
}

/** Returns W [C, C]: row c is 1 at channels c - floor((size - 1) / 2) to c + ceil((size - 1) / 2), 0 elsewhere. */
function neighbourMatrix(b: MathBuilder, step: RuleContext, size: number): string {
  const c = b.dims(step.inputs[0])[1];
  if (typeof c !== 'number')
    return step.refuse('its number of channels is not known', 'Export with fixed channels.');
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const data = Float32Array.from(
    listOf(c * c, (i) => i),
    (i) => {
      const offset = (i % c) - Math.floor(i / c);
      return offset >= -before && offset <= after ? 1 : 0;
    },
  );
  return b.cast(b.constant({ dtype: 'float32', dims: [c, c], data }, 'neighbours'), b.dtype(step.inputs[0]));
}

/** Multiplies the channel axis of x [N, C, ...] by a matrix. */
function alongChannels(b: MathBuilder, x: string, matrix: string): string {
  const rows = b.reshape(x, [{ of: x, axis: 0 }, { of: x, axis: 1 }, -1]);
  return b.reshapeLike(b.matmul(matrix, rows), x);
}
