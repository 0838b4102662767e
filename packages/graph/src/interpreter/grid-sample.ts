import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { filled, stridesOf } from './array.js';
import { type Call, choice, type EvalRow } from './call.js';

/** Interpolation along an axis: the index of the first element, and the weights of this element and those that follow. */
interface InterpolationWeights {
  readonly first: number;
  readonly weights: readonly number[];
}

const linear = (x: number): InterpolationWeights => {
  const first = Math.floor(x);
  return { first, weights: [first + 1 - x, x - first] };
};

/** Keys' cubic convolution with a = -3/4. */
const cubic = (x: number): InterpolationWeights => {
  const a = -0.75;
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  const t = x - Math.floor(x);
  return { first: Math.floor(x) - 1, weights: [far(1 + t), near(t), near(1 - t), far(2 - t)] };
};

/** Rounds to the nearest index, halves to the even one. */
const nearest = (x: number): InterpolationWeights => {
  const below = Math.floor(x);
  const up = x - below === 0.5 ? below % 2 !== 0 : x - below > 0.5;
  return { first: up ? below + 1 : below, weights: [1] };
};

const modes = { linear, bilinear: linear, nearest, cubic, bicubic: cubic } as const;

/** An axis of the input. `aligned`: -1 and 1 are the centres of its end elements, else their outer edges. */
interface Axis {
  readonly size: number;
  readonly aligned: boolean;
}

/** Returns the index of the element that replaces index i, which may lie outside the axis; undefined for 0. */
const paddings: Readonly<Record<string, (i: number, axis: Axis) => number | undefined>> = {
  zeros: (i, { size }) => (i >= 0 && i < size ? i : undefined),
  border: (i, { size }) => Math.min(size - 1, Math.max(0, i)),
  reflection(i, { size, aligned }) {
    const [low, span] = aligned ? [0, size - 1] : [-0.5, size];
    if (span === 0) return 0;
    const folded = Math.abs(i - low) % (2 * span);
    return low + Math.min(folded, 2 * span - folded);
  },
};

interface Source {
  readonly axes: readonly Axis[];
  readonly strides: readonly number[];
  readonly interpolate: (x: number) => InterpolationWeights;
  readonly pad: (i: number, axis: Axis) => number | undefined;
}

/**
 * Returns the position in a plane and the weight of every element that a point of the grid is interpolated from. The grid lists the last
 * axis first.
 */
function tapsAt({ axes, strides, interpolate, pad }: Source, point: Float64Array): [number, number][] {
  let taps: [number, number][] = [[0, 1]];
  axes.forEach((axis, a) => {
    const g = point[axes.length - 1 - a];
    const { size, aligned } = axis;
    const { first, weights } = interpolate(aligned ? ((g + 1) / 2) * (size - 1) : ((g + 1) * size - 1) / 2);
    taps = taps.flatMap(([at, w]) =>
      weights.flatMap((weight, k): [number, number][] => {
        const i = pad(first + k, axis);
        return i === undefined ? [] : [[at + i * strides[a], w * weight]];
      }),
    );
  });
  return taps;
}

function checkGrid(call: Call): void {
  const [x, grid] = [call.input(0), call.input(1)];
  const axes = x.dims.length - 2;
  if (grid.dims.length === x.dims.length && grid.dims[0] === x.dims[0] && grid.dims.at(-1) === axes) return;
  call.refuse(
    'shape-mismatch',
    `a grid of ${axes} coordinates for each of ${x.dims[0]} rows`,
    `[${grid.dims}]`,
  );
}

export const gridSample: EvalRow = (call) => {
  checkGrid(call);
  const [x, grid] = [call.input(0), call.input(1)];
  const [batch, channels, ...spatial] = x.dims;
  const { align_corners: aligned, mode, padding_mode } = attributesOf(call.node, 'GridSample');
  const source: Source = {
    axes: spatial.map((size) => ({ size, aligned })),
    strides: stridesOf(spatial),
    interpolate: choice(call, modes, ['mode', mode]),
    pad: choice(call, paddings, ['padding_mode', padding_mode]),
  };
  const y = filled(x.dtype, [batch, channels, ...grid.dims.slice(1, -1)]);
  const [plane, points] = [sizeOf(spatial), sizeOf(grid.dims.slice(1, -1))];
  for (let p = 0; p < batch * points; p++) {
    const taps = tapsAt(source, grid.data.subarray(p * spatial.length, (p + 1) * spatial.length));
    const [n, o] = [Math.floor(p / points), p % points];
    for (let c = 0; c < channels; c++) {
      const start = (n * channels + c) * plane;
      const sum = taps.reduce((total, [at, weight]) => total + weight * x.data[start + at], 0);
      y.data[(n * channels + c) * points + o] = sum;
    }
  }
  return y;
};
