import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { perChannel } from './conv.js';
import { type RuleContext, type RuleEntry, zero } from './rule.js';

/** Normalisations. */
export const normalisation = {
  BatchNormalization: (b, step, dy) => batchNormalization(b, step, dy),
  Hardmax: zero,
  InstanceNormalization: (b, step, dy) => {
    const [x, scale] = step.inputs;
    const unit = standardised(b, x, {
      axes: b.others(x, [0, 1]),
      epsilon: attributesOf(step.node, 'InstanceNormalization').epsilon,
    });
    const dUnit = b.mul(dy, channels(b, scale, x));
    return [unstandardise(b, unit, dUnit), perChannel(b, b.mul(dy, unit.value)), perChannel(b, dy)];
  },
  LRN: (b, step, dy) => [localResponse(b, step, dy)],
  LayerNormalization: (b, step, dy) => layerNormalization(b, step, dy),
  // dy - softmax sum dy.
  LogSoftmax: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const axes = [fromFront(b, x, attributesOf(node, 'LogSoftmax').axis)];
    return [b.sub(dy, b.mul(b.map('Exp', y), b.sum(dy, axes)))];
  },
  // x / |x|_p: (dy - d|x|_p sum(dy y)) / |x|_p, where d|x|_2 = y and d|x|_1 = sign x.
  LpNormalization: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const axes = [fromFront(b, x, attributesOf(node, 'LpNormalization').axis)];
    const euclidean = attributesOf(node, 'LpNormalization').p === 2;
    const { flat, safe } = apartFromZero(b, b.sum(euclidean ? b.square(x) : b.map('Abs', x), axes));
    const norm = euclidean ? b.map('Sqrt', safe) : safe;
    const direction = euclidean ? y : b.sign(x);
    return [b.where(flat, 0, b.div(b.sub(dy, b.mul(direction, b.sum(b.mul(dy, y), axes))), norm))];
  },
  // y = c / (s + 1e-9) with c the centred values and s their deviation.
  MeanVarianceNormalization: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const axes = attributesOf(node, 'MeanVarianceNormalization').axes.map((axis) => fromFront(b, x, axis));
    const centred = b.sub(x, b.mean(x, axes));
    const { flat, safe } = apartFromZero(b, b.mean(b.square(centred), axes));
    const deviation = b.map('Sqrt', safe);
    const radial = b.mul(b.div(centred, deviation), b.mean(b.mul(dy, y), axes));
    const along = b.sub(b.sub(dy, b.mean(dy, axes)), b.where(flat, 0, radial));
    return [b.div(along, b.add(b.where(flat, 0, deviation), 1e-9))];
  },
  // y (dy - sum(dy y)).
  Softmax: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const axes = [fromFront(b, x, attributesOf(node, 'Softmax').axis)];
    return [b.mul(y, b.sub(dy, b.sum(b.mul(dy, y), axes)))];
  },
} as const satisfies Record<string, RuleEntry>;

/** Where a size is 0, and the sizes with 1 there instead. */
function apartFromZero(b: MathBuilder, size: string) {
  const flat = b.compare('Equal', size, 0);
  return { flat, safe: b.where(flat, 1, size) };
}

const fromFront = (b: MathBuilder, x: string, axis: number) => (axis < 0 ? axis + b.rank(x) : axis);

/** Values with mean 0 and variance 1 over `axes`, and what they were multiplied by. */
interface Standardised {
  readonly value: string;
  readonly inverseDeviation: string;
  readonly axes: readonly number[];
}

function standardised(
  b: MathBuilder,
  x: string,
  over: { axes: readonly number[]; epsilon: number },
): Standardised {
  const centred = b.sub(x, b.mean(x, over.axes));
  const variance = b.mean(b.square(centred), over.axes);
  const inverseDeviation = b.div(b.scalar(1, x), b.map('Sqrt', b.add(variance, over.epsilon)));
  return { value: b.mul(centred, inverseDeviation), inverseDeviation, axes: over.axes };
}

/** For u = (x - mean) r: dx = r (du - mean(du) - u mean(du u)). */
function unstandardise(b: MathBuilder, { value, inverseDeviation, axes }: Standardised, d: string): string {
  const radial = b.mul(value, b.mean(b.mul(d, value), axes));
  return b.mul(inverseDeviation, b.sub(b.sub(d, b.mean(d, axes)), radial));
}

/** A vector [C] shaped to multiply [N, C, ...]. */
function channels(b: MathBuilder, vector: string, x: string): string {
  const rank = b.rank(x);
  return rank <= 2
    ? vector
    : b.unsqueeze(
        vector,
        Array.from({ length: rank - 2 }, (_, i) => i + 1),
      );
}

/** Inference: u s + bias with u = (x - mean) r and r = (variance + epsilon)^-1/2. */
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
  const slope = b.mul(scale, r);
  const dx = b.mul(dy, channels(b, slope, x));
  if (step.wanted.every((wanted, i) => !wanted || i === 0)) return [dx];
  const unit = b.mul(b.sub(x, channels(b, mean, x)), channels(b, r, x));
  const dScale = perChannel(b, b.mul(dy, unit));
  const dBias = perChannel(b, dy);
  const dVariance = b.mul(b.mul(b.mul(dScale, scale), b.square(r)), -0.5);
  return [dx, dScale, dBias, b.neg(b.mul(dBias, slope)), dVariance];
}

/** u s + bias over the axes from `axis` on; mean and 1 / deviation may be outputs too. */
function layerNormalization(b: MathBuilder, step: RuleContext, dy: string) {
  const [x, scale, bias] = step.inputs;
  const { axis, epsilon } = attributesOf(step.node, 'LayerNormalization');
  const axes = b.others(x, []).slice(fromFront(b, x, axis));
  const unit = standardised(b, x, { axes, epsilon });
  const [, dMean, dInverse] = step.cotangents;
  const parts = [unstandardise(b, unit, b.mul(dy, scale))];
  if (dMean) parts.push(meanShare(b, x, { axes, d: dMean }));
  if (dInverse) {
    // r = variance^-1/2, so dr/dx = -r^2 u / n.
    const slope = b.mul(unit.value, b.square(unit.inverseDeviation));
    parts.push(b.neg(b.mul(slope, meanShare(b, x, { axes, d: dInverse }))));
  }
  return [parts.reduce((sum, part) => b.add(sum, part)), b.mul(dy, unit.value), bias ? dy : undefined];
}

/** d / n, where n is the number of elements averaged. */
function meanShare(b: MathBuilder, x: string, { axes, d }: { axes: readonly number[]; d: string }): string {
  return b.div(d, b.sum(b.ones(x), axes));
}

/**
 * y = x k^-beta with k = bias + alpha / size W x^2, W summing over neighbouring channels:
 * dx = dy k^-beta - 2 alpha beta / size x W^T(dy x k^(-beta - 1)).
 */
function localResponse(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x] = step.inputs;
  const { size, alpha, beta, bias } = attributesOf(step.node, 'LRN');
  const near = neighbours(b, step, size);
  const sums = alongChannels(b, b.square(x), near);
  const k = b.add(b.mul(sums, alpha / size), bias);
  const inner = alongChannels(b, b.mul(b.mul(dy, x), b.pow(k, -beta - 1)), b.transpose(near, [1, 0]));
  return b.sub(b.mul(dy, b.pow(k, -beta)), b.mul(b.mul(x, inner), (2 * alpha * beta) / size));
}

/** [C, C]: which channels each one sums over, floor((size - 1) / 2) before it to ceil((size - 1) / 2) after. */
function neighbours(b: MathBuilder, step: RuleContext, size: number): string {
  const c = b.dims(step.inputs[0])[1];
  if (typeof c !== 'number')
    return step.refuse('its number of channels is not known', 'Export with fixed channels.');
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const data = Float32Array.from({ length: c * c }, (_, i) => {
    const offset = (i % c) - Math.floor(i / c);
    return offset >= -before && offset <= after ? 1 : 0;
  });
  return b.cast(b.constant({ dtype: 'float32', dims: [c, c], data }, 'neighbours'), b.dtype(step.inputs[0]));
}

/** A matrix applied to the channel axis of [N, C, ...]. */
function alongChannels(b: MathBuilder, x: string, matrix: string): string {
  const rows = b.reshape(x, [{ of: x, axis: 0 }, { of: x, axis: 1 }, -1]);
  return b.reshapeLike(b.matmul(matrix, rows), x);
}
