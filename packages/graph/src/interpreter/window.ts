import { sizeOf } from '@onnxplain/core';
import { autoPadOf, hasCeilMode } from '../infer/window.js';
import { attributesOf } from '../ir/attributes.js';
import type { Call } from './call.js';

/** How a window slides over the spatial axes of an input. */
export interface Geometry {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Cells added before and after each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Cells that a dilated kernel spans. */
export function extentOf({ kernel, dilations }: Pick<Geometry, 'kernel' | 'dilations'>): number[] {
  return kernel.map((k, axis) => (k - 1) * dilations[axis] + 1);
}

/** The attributes that convolutions and pools share, with their defaults. */
export function windowAttributes(call: Call, kernel: readonly number[]) {
  const ones = kernel.map(() => 1);
  const {
    dilations = ones,
    pads = [...ones, ...ones].fill(0),
    strides = ones,
  } = attributesOf(call.node, 'AveragePool', 'Col2Im', 'Conv', 'ConvTranspose', 'DeformConv', 'MaxPool');
  if (
    pads.length !== 2 * kernel.length ||
    strides.length !== kernel.length ||
    dilations.length !== kernel.length
  ) {
    call.refuse(
      'model-invalid',
      `strides, dilations and pads of ${kernel.length} axes`,
      `${strides.length}, ${dilations.length} and ${pads.length} numbers`,
    );
  }
  return {
    kernel,
    strides,
    dilations,
    before: pads.slice(0, kernel.length),
    after: pads.slice(kernel.length),
    autoPad: autoPadOf(call.node),
  };
}

/** Splits a total padding: the odd cell goes to the end for SAME_UPPER, to the begin otherwise. */
export function splitPadding(total: readonly number[], upper: boolean) {
  const less = total.map((cells) => Math.floor(cells / 2));
  const more = total.map((cells) => Math.ceil(cells / 2));
  return upper ? { before: less, after: more } : { before: more, after: less };
}

/**
 * Geometry of a convolution or pool over spatial dims `input`. With ceil_mode, a window that would start in the end
 * padding is dropped, as in PyTorch.
 */
export function geometryOf(call: Call, input: readonly number[], kernel: readonly number[]): Geometry {
  const window = windowAttributes(call, kernel);
  if (input.length !== kernel.length) {
    call.refuse('shape-mismatch', `${kernel.length} spatial axes`, `${input.length}`);
  }
  return window.autoPad.startsWith('SAME') ? samePadded(call, window, input) : padded(call, window, input);
}

type Window = ReturnType<typeof windowAttributes>;

/** Padded so that there is a window for every stride of the input. */
function samePadded(call: Call, window: Window, input: readonly number[]): Geometry {
  const { kernel, strides } = window;
  const extent = extentOf(window);
  // ONNX Runtime pads pools as if they had no dilation.
  const covered = call.op.endsWith('Pool') ? kernel : extent;
  const total = input.map((size, axis) =>
    Math.max(0, (Math.ceil(size / strides[axis]) - 1) * strides[axis] + covered[axis] - size),
  );
  const output = input.map(
    (size, axis) => Math.floor((size + total[axis] - extent[axis]) / strides[axis]) + 1,
  );
  return { ...window, input, output, ...splitPadding(total, window.autoPad === 'SAME_UPPER') };
}

function padded(call: Call, window: Window, input: readonly number[]): Geometry {
  const extent = extentOf(window);
  const none = input.map(() => 0);
  const { before, after } = window.autoPad === 'VALID' ? { before: none, after: none } : window;
  const ceil = hasCeilMode(call.node);
  const output = input.map((size, axis) => {
    const stride = window.strides[axis];
    const steps = (size + before[axis] + after[axis] - extent[axis]) / stride;
    if (!ceil) return Math.floor(steps) + 1;
    const last = Math.ceil(steps);
    return last * stride >= size + before[axis] ? last : last + 1;
  });
  if (output.some((size) => size < 0)) {
    call.refuse('shape-mismatch', `an input at least as large as the kernel [${extent}]`, `[${input}]`);
  }
  return { ...window, input, output, before, after };
}

/**
 * Where each tap of each window lies: [outputs, taps], row major, the flat position in the input or -1 in the padding.
 */
export function windows(geometry: Geometry): Int32Array {
  const { input, output, kernel, strides, dilations, before } = geometry;
  let table = Int32Array.of(0);
  let [outputs, taps] = [1, 1];
  for (let axis = 0; axis < input.length; axis++) {
    const size = input[axis];
    const [nextOutputs, nextTaps] = [outputs * output[axis], taps * kernel[axis]];
    const next = new Int32Array(nextOutputs * nextTaps);
    for (let i = 0; i < nextOutputs; i++) {
      const start = (i % output[axis]) * strides[axis] - before[axis];
      const row = Math.floor(i / output[axis]) * taps;
      for (let t = 0; t < nextTaps; t++) {
        const outer = table[row + Math.floor(t / kernel[axis])];
        const cell = start + (t % kernel[axis]) * dilations[axis];
        next[i * nextTaps + t] = outer < 0 || cell < 0 || cell >= size ? -1 : outer * size + cell;
      }
    }
    [table, outputs, taps] = [next, nextOutputs, nextTaps];
  }
  return table;
}

/** Taps of each window that lie in the input or its declared padding: [outputs]. */
export function paddedCounts(geometry: Geometry): Float64Array {
  const input = geometry.input.map((size, axis) => size + geometry.before[axis] + geometry.after[axis]);
  const table = windows({ ...geometry, input, before: input.map(() => 0) });
  const taps = sizeOf(geometry.kernel);
  return Float64Array.from({ length: sizeOf(geometry.output) }, (_, i) =>
    table.subarray(i * taps, (i + 1) * taps).reduce((count, position) => count + (position < 0 ? 0 : 1), 0),
  );
}
