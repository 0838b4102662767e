import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { blocks, filled, type NumArray } from './array.js';
import { type Call, channelInput, type EvalRow } from './call.js';
import {
  extentOf,
  geometryOf,
  splitPadding,
  type WindowGeometry,
  windowAttributes,
  windowIndices,
} from './window.js';

/**
 * The weight of a grouped convolution, [groups · rows, columns, ...kernel], connects `rows` channels with `columns` channels in each group.
 */
interface ChannelGroups {
  readonly batch: number;
  readonly groups: number;
  readonly rows: number;
  readonly columns: number;
}

/** Calls `visit` for every pair of planes that a kernel connects, with the indices of both planes and of the kernel. */
function forEachKernel(
  channels: ChannelGroups,
  visit: (row: number, column: number, kernel: number) => void,
): void {
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

/** out[o] += sum over t of kernel[t] · source[table[o, t]]. */
function correlate(
  out: Float64Array,
  table: Int32Array,
  [source, kernel]: readonly [Float64Array, Float64Array],
): void {
  for (let o = 0, entry = 0; o < out.length; o++) {
    let sum = 0;
    for (let t = 0; t < kernel.length; t++, entry++) {
      const position = table[entry];
      if (position >= 0) sum += kernel[t] * source[position];
    }
    out[o] += sum;
  }
}

/** The transpose of {@link correlate}: out[table[o, t]] += kernel[t] · source[o]. */
function correlateTransposed(
  out: Float64Array,
  table: Int32Array,
  [source, kernel]: readonly [Float64Array, Float64Array],
): void {
  for (let o = 0, entry = 0; o < source.length; o++) {
    for (let t = 0; t < kernel.length; t++, entry++) {
      const position = table[entry];
      if (position >= 0) out[position] += kernel[t] * source[o];
    }
  }
}

/** Returns an output [N, C, ...spatial] filled with the bias (input `at`), or with 0. */
export function filledWithBias(call: Call, dims: readonly number[], at = 2): NumArray {
  const [, channels, ...spatial] = dims;
  const y = filled(call.input(0).dtype, dims);
  if (call.inputs[at] === undefined) return y;
  const bias = channelInput(call, at, channels);
  const plane = sizeOf(spatial);
  return { ...y, data: y.data.map((_, i) => bias[Math.floor(i / plane) % channels]) };
}

/** Returns the spatial sizes of the weight. Throws `shape-mismatch` if kernel_shape differs. */
export function kernelOf(call: Call): readonly number[] {
  const kernel = call.input(1).dims.slice(2);
  const declared = attributesOf(call.node, 'Conv', 'ConvTranspose', 'DeformConv').kernel_shape ?? kernel;
  if (declared.join() !== kernel.join()) {
    call.refuse('shape-mismatch', `kernel_shape [${kernel}] of the weight`, `[${declared}]`);
  }
  return kernel;
}

/** Throws `shape-mismatch` unless the channels of the weight fit those of the input. */
export function checkChannels(call: Call, fits: boolean, groups: number): void {
  if (fits) return;
  const got = `input [${call.input(0).dims}], weight [${call.input(1).dims}]`;
  call.refuse('shape-mismatch', `${groups} groups of channels`, got);
}

/** Y[n, m, o] = bias[m] + sum over c, t of W[m, c, t] X[n, c, window(o, t)]. */
const conv: EvalRow = (call) => {
  const [x, weight] = [call.input(0), call.input(1)];
  const [batch, channels, ...spatial] = x.dims;
  const [outChannels, columns] = weight.dims;
  const groups = attributesOf(call.node, 'Conv', 'ConvTranspose').group;
  checkChannels(call, channels === columns * groups && outChannels % groups === 0, groups);
  const geometry = geometryOf(call, spatial, kernelOf(call));
  const table = windowIndices(geometry);
  const y = filledWithBias(call, [batch, outChannels, ...geometry.output]);
  const outputs = blocks(y.data, sizeOf(geometry.output));
  const sources = blocks(x.data, sizeOf(spatial));
  const kernels = blocks(weight.data, sizeOf(geometry.kernel));
  forEachKernel({ batch, groups, rows: outChannels / groups, columns }, (row, column, kernel) => {
    correlate(outputs(row), table, [sources(column), kernels(kernel)]);
  });
  return y;
};

/** Y[n, c, window(o, t)] += W[m, c, t] X[n, m, o]: the transpose of the linear map that Conv is. */
const convTranspose: EvalRow = (call) => {
  const [x, weight] = [call.input(0), call.input(1)];
  const [batch, channels, ...spatial] = x.dims;
  const [inChannels, columns] = weight.dims;
  const groups = attributesOf(call.node, 'Conv', 'ConvTranspose').group;
  checkChannels(call, channels === inChannels && channels % groups === 0, groups);
  const geometry = transposedGeometry(call, spatial, kernelOf(call));
  const table = windowIndices(geometry);
  const y = filledWithBias(call, [batch, columns * groups, ...geometry.input]);
  const outputs = blocks(y.data, sizeOf(geometry.input));
  const sources = blocks(x.data, sizeOf(spatial));
  const kernels = blocks(weight.data, sizeOf(geometry.kernel));
  forEachKernel({ batch, groups, rows: channels / groups, columns }, (row, column, kernel) => {
    correlateTransposed(outputs(column), table, [sources(row), kernels(kernel)]);
  });
  return y;
};

/** Returns the window geometry of the convolution that this node transposes: its input is the node's output. */
function transposedGeometry(
  call: Call,
  spatial: readonly number[],
  kernel: readonly number[],
): WindowGeometry {
  const window = windowAttributes(call, kernel);
  const extent = extentOf(window);
  const { output_padding: extra = kernel.map(() => 0), output_shape } = attributesOf(
    call.node,
    'ConvTranspose',
  );
  const full = spatial.map((size, axis) => window.strides[axis] * (size - 1) + extra[axis] + extent[axis]);
  const same = window.autoPad.startsWith('SAME');
  const scaled = same ? spatial.map((size, axis) => size * window.strides[axis]) : undefined;
  // Some files list all axes in output_shape, batch and channels too.
  const wanted = output_shape?.slice(-kernel.length) ?? scaled;
  if (wanted !== undefined) {
    const total = full.map((size, axis) => Math.max(0, size - wanted[axis]));
    const pads = splitPadding(total, window.autoPad === 'SAME_UPPER');
    return { ...window, ...pads, input: wanted, output: spatial };
  }
  const { before, after } = window;
  const input = full.map((size, axis) => size - before[axis] - after[axis]);
  if (input.some((size) => size < 0))
    call.refuse('shape-mismatch', 'pads that leave an output', `[${input}]`);
  return { ...window, input, output: spatial };
}

export const convRows = { Conv: conv, ConvTranspose: convTranspose } satisfies Record<string, EvalRow>;
