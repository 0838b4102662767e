import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray, positions, stridesOf } from './array.js';
import type { Call, EvalRow } from './call.js';
import { type Geometry, geometryOf, paddedCounts, windows } from './window.js';

interface Pool {
  readonly x: NumArray;
  readonly planes: number;
  readonly geometry: Geometry;
  readonly dims: number[];
  /** Positions inside a plane of the taps of window `o`, padding left out. */
  taps(o: number): Int32Array;
}

function poolOf(call: Call): Pool {
  const x = call.input(0);
  const [batch, channels, ...spatial] = x.dims;
  const kernel = attributesOf(call.node, 'AveragePool', 'MaxPool').kernel_shape;
  const geometry = geometryOf(call, spatial, kernel);
  const table = windows(geometry);
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

/** The first greatest tap of a window, in row-major order; NaN counts as greatest. */
function highest(data: Float64Array, start: number, taps: Int32Array): number {
  let best = taps[0];
  for (const position of taps) {
    const [value, champion] = [data[start + position], data[start + best]];
    if (value > champion || (Number.isNaN(value) && !Number.isNaN(champion))) best = position;
  }
  return best;
}

/** Indices count over the whole input; storage_order 1 numbers each plane with its first spatial axis fastest. */
const maxPool: EvalRow = (call) => {
  const { x, planes, geometry, dims, taps } = poolOf(call);
  const [plane, outputs] = [sizeOf(geometry.input), sizeOf(geometry.output)];
  const columnMajor = positions(geometry.input, stridesOf([...geometry.input].reverse()).reverse());
  const y = filled(x.dtype, dims);
  const indices = filled('int64', dims);
  for (let p = 0; p < planes; p++) {
    for (let o = 0; o < outputs; o++) {
      const best = highest(x.data, p * plane, taps(o));
      y.data[p * outputs + o] = x.data[p * plane + best];
      const place = attributesOf(call.node, 'MaxPool').storage_order ? columnMajor[best] : best;
      indices.data[p * outputs + o] = p * plane + place;
    }
  }
  return [y, indices];
};

/** Mean of the taps in the input, or with count_include_pad of those in the input and its padding. */
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
