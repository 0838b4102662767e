import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { broadcastTo, filled, forEachSlice, type NumArray, slicesAlong } from './array.js';
import { type Call, channelInput, type EvalRow, normalAxis } from './call.js';
import { joinSlices, mean, meanSquare, slicesOver } from './reduced-slices.js';
import { logSumExp } from './special.js';

/** Applies a function to every slice along the node's axis. */
const alongAxis =
  (rewrite: (slice: Float64Array, call: Call) => Float64Array): EvalRow =>
  (call) => {
    const x = call.input(0);
    const axis = normalAxis(
      call.where,
      attributesOf(call.node, 'Softmax', 'LpNormalization').axis,
      x.dims.length,
    );
    const slices = slicesAlong(x.dims, axis);
    const y = filled(x.dtype, x.dims);
    forEachSlice(slices, (start, step) => {
      const slice = Float64Array.from({ length: slices.length }, (_, i) => x.data[start + i * step]);
      rewrite(slice, call).forEach((v, i) => {
        y.data[start + i * step] = v;
      });
    });
    return y;
  };

function logSoftmax(slice: Float64Array): Float64Array {
  const total = logSumExp(slice);
  return slice.map((v) => v - total);
}

/** 1 at the first greatest element, 0 elsewhere. */
function hardmax(slice: Float64Array): Float64Array {
  const best = slice.indexOf(slice.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
  return slice.map((_, i) => (i === best ? 1 : 0));
}

/** x / ||x||_p; 0 for a slice of zeros. */
function lpNormalized(slice: Float64Array, call: Call): Float64Array {
  const p = attributesOf(call.node, 'LpNormalization').p;
  const norm = slice.reduce((sum, v) => sum + Math.abs(v) ** p, 0) ** (1 / p);
  return slice.map((v) => (norm === 0 ? 0 : v / norm));
}

/** (x - mean) · scale / sqrt(variance + epsilon) + bias, with statistics and parameters for each channel (axis 1). */
function normalizedByChannel(
  call: Call,
  [means, variances]: readonly [mean: Float64Array, variance: Float64Array],
): NumArray {
  const x = call.input(0);
  const { length, inner } = slicesAlong(x.dims, 1);
  const [scale, bias] = [channelInput(call, 1, length), channelInput(call, 2, length)];
  const { epsilon } = attributesOf(call.node, 'BatchNormalization');
  const data = x.data.map((v, i) => {
    const c = Math.floor(i / inner) % length;
    return ((v - means[c]) * scale[c]) / Math.sqrt(variances[c] + epsilon) + bias[c];
  });
  return { ...x, data };
}

/** In training mode, normalises by the statistics of the batch, and returns the updated running statistics. */
const batchNormalization: EvalRow = (call) => {
  const x = call.input(0);
  const channels = slicesAlong(x.dims, 1).length;
  const [means, variances] = [channelInput(call, 3, channels), channelInput(call, 4, channels)];
  if (!attributesOf(call.node, 'BatchNormalization').training_mode)
    return normalizedByChannel(call, [means, variances]);
  const axes = x.dims.map((_, axis) => axis).filter((axis) => axis !== 1);
  const batch = channelStatistics(x, axes);
  const momentum = attributesOf(call.node, 'BatchNormalization').momentum;
  const mix = (i: number, now: Float64Array): NumArray => ({
    ...call.input(i),
    data: call.input(i).data.map((old, c) => old * momentum + now[c] * (1 - momentum)),
  });
  return [normalizedByChannel(call, batch), mix(3, batch[0]), mix(4, batch[1])];
};

/** Returns the mean and the (population) variance over some axes, one for each kept element. */
function channelStatistics(x: NumArray, axes: readonly number[]): [Float64Array, Float64Array] {
  const slices = slicesOver(x, axes).slices;
  return [Float64Array.from(slices, mean), Float64Array.from(slices, variance)];
}

function variance(slice: Float64Array): number {
  const centre = mean(slice);
  return meanSquare(slice.map((v) => v - centre));
}

/** BatchNormalization with the statistics of each instance and channel. */
const instanceNormalization: EvalRow = (call) => {
  const x = call.input(0);
  const [, channels] = x.dims;
  const [scale, bias] = [channelInput(call, 1, channels), channelInput(call, 2, channels)];
  const { epsilon } = attributesOf(call.node, 'InstanceNormalization');
  const axes = x.dims.map((_, axis) => axis).slice(2);
  const [centres, variances] = channelStatistics(x, axes);
  const plane = sizeOf(x.dims.slice(2));
  const data = x.data.map((v, i) => {
    const p = Math.floor(i / plane);
    return (scale[p % channels] * (v - centres[p])) / Math.sqrt(variances[p] + epsilon) + bias[p % channels];
  });
  return { ...x, data };
};

/** Normalises over the axes from `axis` on. Also returns the mean and 1/sqrt(variance + epsilon). */
const layerNormalization: EvalRow = (call) => {
  const [x, scale] = [call.input(0), call.input(1)];
  const bias = call.inputs[2];
  const { axis: first, epsilon } = attributesOf(call.node, 'LayerNormalization');
  const axis = normalAxis(call.where, first, x.dims.length);
  const axes = x.dims.map((_, i) => i).slice(axis);
  const [centres, variances] = channelStatistics(x, axes);
  const inverses = variances.map((v) => 1 / Math.sqrt(v + epsilon));
  const length = sizeOf(x.dims.slice(axis));
  const gain = broadcastTo(call.where, scale, x.dims);
  const shift = bias && broadcastTo(call.where, bias, x.dims);
  const data = x.data.map((v, i) => {
    const slice = Math.floor(i / length);
    return (v - centres[slice]) * inverses[slice] * gain[i] + (shift?.[i] ?? 0);
  });
  const dims = x.dims.map((dim, i) => (i < axis ? dim : 1));
  return [
    { ...x, data },
    { dtype: 'float32', dims, data: centres },
    { dtype: 'float32', dims, data: inverses },
  ];
};

/** x / (bias + alpha/size · sum of squares over `size` neighbouring channels)^beta. */
const lrn: EvalRow = (call) => {
  const x = call.input(0);
  const { size, alpha, beta, bias } = attributesOf(call.node, 'LRN');
  const slices = slicesAlong(x.dims, 1);
  const y = filled(x.dtype, x.dims);
  forEachSlice(slices, (start, step) => {
    for (let c = 0; c < slices.length; c++) {
      let squares = 0;
      const last = Math.min(slices.length - 1, c + Math.ceil((size - 1) / 2));
      for (let k = Math.max(0, c - Math.floor((size - 1) / 2)); k <= last; k++)
        squares += x.data[start + k * step] ** 2;
      y.data[start + c * step] = x.data[start + c * step] / (bias + (alpha / size) * squares) ** beta;
    }
  });
  return y;
};

/** (x - mean) / (standard deviation + 1e-9) over `axes`. The constant is that of the ONNX function body. */
const meanVarianceNormalization: EvalRow = (call) => {
  const x = call.input(0);
  const axes = attributesOf(call.node, 'MeanVarianceNormalization').axes.map((axis) =>
    normalAxis(call.where, axis, x.dims.length),
  );
  const { slices } = slicesOver(x, axes);
  const normal = slices.map((slice) => {
    const centre = mean(slice);
    const deviation = Math.sqrt(Math.max(0, meanSquare(slice) - centre ** 2)) + 1e-9;
    return slice.map((v) => (v - centre) / deviation);
  });
  return joinSlices(x, axes, normal);
};

export const normRows = {
  BatchNormalization: batchNormalization,
  Hardmax: alongAxis(hardmax),
  InstanceNormalization: instanceNormalization,
  LRN: lrn,
  LayerNormalization: layerNormalization,
  LogSoftmax: alongAxis(logSoftmax),
  LpNormalization: alongAxis(lpNormalized),
  MeanVarianceNormalization: meanVarianceNormalization,
  Softmax: alongAxis((slice) => logSoftmax(slice).map((v) => Math.exp(v))),
} satisfies Record<string, EvalRow>;
