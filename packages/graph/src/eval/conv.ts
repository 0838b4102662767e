import { sizeOf } from '@onnxplain/core';
import { filled, type NumArray } from './array.js';
import type { Call, EvalRow } from './call.js';
import { extentOf, type Geometry, geometryOf, splitPadding, windowAttributes, windows } from './window.js';

/** Which channels a weight [outer, inner, ...kernel] of a grouped convolution joins. */
interface Channels {
  readonly batch: number;
  readonly groups: number;
  /** Channels of the small side and of the large side of one group: the weight is [groups * rows, columns, taps]. */
  readonly rows: number;
  readonly columns: number;
}

/** Visits every (window side plane, input side plane, weight kernel) that a grouped convolution joins. */
function eachKernel(channels: Channels, visit: (row: number, column: number, kernel: number) => void): void {
  const { batch, groups, rows, columns } = channels;
  for (let n = 0; n < batch; n++) {
    for (let g = 0; g < groups; g++) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          visit((n * groups + g) * rows + r, (n * groups + g) * columns + c, (g * rows + r) * columns + c);
        }
      }
    }
  }
}

/** The planes of `dims` [N, C, ...spatial] set to a per-channel bias, or to 0. */
function biased(dims: readonly number[], dtype: NumArray['dtype'], bias: NumArray | undefined): NumArray {
  const out = filled(dtype, dims);
  const [batch, channels, ...spatial] = dims;
  const plane = sizeOf(spatial);
  for (let i = 0; bias !== undefined && i < batch * channels; i++) {
    out.data.fill(bias.data[i % channels], i * plane, (i + 1) * plane);
  }
  return out;
}

function kernelOf(call: Call, weight: NumArray): readonly number[] {
  const kernel = weight.dims.slice(2);
  const declared = call.ints('kernel_shape') ?? kernel;
  if (declared.join() !== kernel.join()) {
    call.refuse('shape-mismatch', `kernel_shape [${kernel}] of the weight`, `[${declared}]`);
  }
  return kernel;
}

/** Y[n, m, o] = bias[m] + sum over c, t of W[m, c, t] X[n, c, window(o, t)]. */
const conv: EvalRow = (call) => {
  const [x, weight] = [call.input(0), call.input(1)];
  const [batch, channels, ...spatial] = x.dims;
  const [outChannels, columns] = weight.dims;
  const groups = call.int('group', 1);
  if (channels !== columns * groups || outChannels % groups !== 0) {
    call.refuse(
      'shape-mismatch',
      `${groups} groups of channels`,
      `input [${x.dims}], weight [${weight.dims}]`,
    );
  }
  const geometry = geometryOf(call, spatial, kernelOf(call, weight));
  const table = windows(geometry);
  const y = biased([batch, outChannels, ...geometry.output], x.dtype, call.inputs[2]);
  const [outputs, taps, plane] = [sizeOf(geometry.output), sizeOf(geometry.kernel), sizeOf(spatial)];
  eachKernel({ batch, groups, rows: outChannels / groups, columns }, (row, column, kernel) => {
    const source = x.data.subarray(column * plane, (column + 1) * plane);
    const taper = weight.data.subarray(kernel * taps, (kernel + 1) * taps);
    for (let o = 0, entry = 0; o < outputs; o++) {
      let sum = 0;
      for (let t = 0; t < taps; t++, entry++) {
        const position = table[entry] as number;
        if (position >= 0) sum += taper[t] * source[position];
      }
      y.data[row * outputs + o] = y.data[row * outputs + o] + sum;
    }
  });
  return y;
};

/** Geometry of the convolution whose transpose this node is: its input is our output. */
function transposedGeometry(call: Call, spatial: readonly number[], kernel: readonly number[]): Geometry {
  const window = windowAttributes(call, kernel);
  const extent = extentOf(window);
  const extra = call.ints('output_padding') ?? kernel.map(() => 0);
  const full = spatial.map((size, axis) => window.strides[axis] * (size - 1) + extra[axis] + extent[axis]);
  const same = window.autoPad.startsWith('SAME');
  const scaled = same ? spatial.map((size, axis) => size * window.strides[axis]) : undefined;
  // PyTorch-era exporters write output_shape with all axes or only the spatial ones.
  const wanted = call.ints('output_shape')?.slice(-kernel.length) ?? scaled;
  if (wanted !== undefined) {
    const total = full.map((size, axis) => Math.max(0, size - wanted[axis]));
    const pads = splitPadding(total, window.autoPad === 'SAME_UPPER');
    return { ...window, ...pads, input: wanted, output: spatial };
  }
  const { before, after } = window;
  const input = full.map((size, axis) => size - before[axis] - after[axis]);
  return { ...window, input, output: spatial };
}

/** Y[n, c, window(o, t)] += W[m, c, t] X[n, m, o]: the transpose of the linear map that Conv is. */
const convTranspose: EvalRow = (call) => {
  const [x, weight] = [call.input(0), call.input(1)];
  const [batch, channels, ...spatial] = x.dims;
  const [inChannels, columns] = weight.dims;
  const groups = call.int('group', 1);
  if (channels !== inChannels || channels % groups !== 0) {
    call.refuse(
      'shape-mismatch',
      `${groups} groups of channels`,
      `input [${x.dims}], weight [${weight.dims}]`,
    );
  }
  const geometry = transposedGeometry(call, spatial, kernelOf(call, weight));
  const table = windows(geometry);
  const y = biased([batch, columns * groups, ...geometry.input], x.dtype, call.inputs[2]);
  const [outputs, taps, plane] = [sizeOf(spatial), sizeOf(geometry.kernel), sizeOf(geometry.input)];
  eachKernel({ batch, groups, rows: channels / groups, columns }, (row, column, kernel) => {
    const target = y.data.subarray(column * plane, (column + 1) * plane);
    for (let o = 0, entry = 0; o < outputs; o++) {
      const value = x.data[row * outputs + o] as number;
      for (let t = 0; t < taps; t++, entry++) {
        const position = table[entry] as number;
        if (position >= 0) {
          target[position] = target[position] + value * weight.data[kernel * taps + t];
        }
      }
    }
  });
  return y;
};

export const convRows = { Conv: conv, ConvTranspose: convTranspose } satisfies Record<string, EvalRow>;
