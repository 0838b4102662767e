import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray, positions, stridesOf } from './array.js';
import type { Call, EvalRow } from './call.js';
import { geometryOf, paddedCounts, type WindowGeometry, windowIndices } from './window.js';

interface Pool {
  readonly x: NumArray;
  readonly planes: number;
  readonly geometry: WindowGeometry;
  readonly dims: number[];
  /** Returns the positions in a plane of the taps of window `o`, without those in the padding. */
  taps(o: number): Int32Array;
}

function poolOf(call: Call): Pool {
  const x = call.input(0);
  const [batch, channels, ...spatial] = x.dims;
  const kernel = attributesOf(call.node, 'AveragePool', 'MaxPool').kernel_shape;
  const geometry = geometryOf(call, spatial, kernel);
  const table = windowIndices(geometry);
  const size = sizeOf(kernel);
  const inside = Array.from({ length: sizeOf(geometry.output) }, (_, o) =>
    table.subarray(o * size, (o + 1) * size).filter((position) => position >= 0),
  );
  if (inside.some((taps) => taps.length === 0)) {
    call.refuse('model-invalid', 'pads smaller than the kernel', 'a window that holds padding only');
  }
  return {
    x,
    planes: batch * channels,
    geometry,
    dims: [batch, channels, ...geometry.output],
    taps: (o) => inside[o],
  };
}

/** Returns the position of the greatest tap of a window, the first in row-major order. NaN counts as greatest. */
function indexOfMaximum(data: Float64Array, start: number, taps: Int32Array): number {
  let best = taps[0];
  for (const position of taps) {
    const [value, bestValue] = [data[start + position], data[start + best]];
    if (value > bestValue || (Number.isNaN(value) && !Number.isNaN(bestValue))) best = position;
  }
  return best;
}

/** Also returns the indices of the maxima in the flattened input. With storage_order 1 they are column major within each plane. */
const maxPool: EvalRow = (call) => {
  const { x, planes, geometry, dims, taps } = poolOf(call);
  const [plane, outputs] = [sizeOf(geometry.input), sizeOf(geometry.output)];
  const columnMajor = positions(geometry.input, stridesOf([...geometry.input].reverse()).reverse());
  const y = filled(x.dtype, dims);
  const indices = filled('int64', dims);
  for (let p = 0; p < planes; p++) {
    for (let o = 0; o < outputs; o++) {
      const best = indexOfMaximum(x.data, p * plane, taps(o));
      y.data[p * outputs + o] = x.data[p * plane + best];
      const index = attributesOf(call.node, 'MaxPool').storage_order ? columnMajor[best] : best;
      indices.data[p * outputs + o] = p * plane + index;
    }
  }
  return [y, indices];
};

/** Sum of the taps in the input, divided by their number; with count_include_pad by the number of taps in the input and its padding. */
const averagePool: EvalRow = (call) => {
  const { x, planes, geometry, dims, taps } = poolOf(call);
  const [plane, outputs] = [sizeOf(geometry.input), sizeOf(geometry.output)];
  const padded = attributesOf(call.node, 'AveragePool').count_include_pad
    ? paddedCounts(geometry)
    : undefined;
  const y = filled(x.dtype, dims);
  for (let p = 0; p < planes; p++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (const position of taps(o)) sum += x.data[p * plane + position];
      y.data[p * outputs + o] = sum / (padded?.[o] ?? taps(o).length);
    }
  }
  return y;
};

const global =
  (fold: (plane: Float64Array) => number): EvalRow =>
  (call) => {
    const x = call.input(0);
    const [batch, channels, ...spatial] = x.dims;
    const plane = sizeOf(spatial);
    const y = filled(x.dtype, [batch, channels, ...spatial.map(() => 1)]);
    return { ...y, data: y.data.map((_, p) => fold(x.data.subarray(p * plane, (p + 1) * plane))) };
  };

export const poolRows = {
  AveragePool: averagePool,
  GlobalAveragePool: global((plane) => plane.reduce((a, b) => a + b, 0) / plane.length),
  GlobalMaxPool: global((plane) => plane.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)),
  MaxPool: maxPool,
} satisfies Record<string, EvalRow>;
