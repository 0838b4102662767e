import { sizeOf } from '@onnxplain/core';
import { autoPadOf, hasCeilMode } from '../infer/window.js';
import { attributesOf } from '../ir/attributes.js';
import type { Call } from './call.js';

/** Geometry of a sliding window over the spatial axes of an input. */
export interface WindowGeometry {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Returns the number of elements that a dilated kernel spans along each axis. */
export function extentOf({ kernel, dilations }: Pick<WindowGeometry, 'kernel' | 'dilations'>): number[] {
  return kernel.map((k, axis) => (k - 1) * dilations[axis] + 1);
}

/** Returns the attributes that convolutions and pools share, with defaults. Throws `model-invalid` for lists of the wrong length. */
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

/** Splits a total padding in halves. An odd element goes to the end for SAME_UPPER, else to the begin. */
export function splitPadding(total: readonly number[], upper: boolean) {
  const less = total.map((elements) => Math.floor(elements / 2));
  const more = total.map((elements) => Math.ceil(elements / 2));
  return upper ? { before: less, after: more } : { before: more, after: less };
}

/**
 * Returns the geometry of a convolution or pool over spatial dims `input`. With ceil_mode, a window that would start in the end
 * padding is dropped, as in PyTorch.
 */
export function geometryOf(call: Call, input: readonly number[], kernel: readonly number[]): WindowGeometry {
  const window = windowAttributes(call, kernel);
  if (input.length !== kernel.length) {
    call.refuse('shape-mismatch', `${kernel.length} spatial axes`, `${input.length}`);
  }
  return window.autoPad.startsWith('SAME') ? samePadded(call, window, input) : padded(call, window, input);
}

type Window = ReturnType<typeof windowAttributes>;

/** auto_pad SAME: the padding gives ceil(size / stride) windows. */
function samePadded(call: Call, window: Window, input: readonly number[]): WindowGeometry {
  const { kernel, strides } = window;
  const extent = extentOf(window);
  // ONNX Runtime ignores the dilation when it pads pools.
  const covered = call.op.endsWith('Pool') ? kernel : extent;
  const total = input.map((size, axis) =>
    Math.max(0, (Math.ceil(size / strides[axis]) - 1) * strides[axis] + covered[axis] - size),
  );
  const output = input.map(
    (size, axis) => Math.floor((size + total[axis] - extent[axis]) / strides[axis]) + 1,
  );
  return { ...window, input, output, ...splitPadding(total, window.autoPad === 'SAME_UPPER') };
}

function padded(call: Call, window: Window, input: readonly number[]): WindowGeometry {
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

/** Returns the position in the flattened input of each tap of each window, or -1 in the padding: [outputs, taps], row major. */
export function windowIndices(geometry: WindowGeometry): Int32Array {
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
        const index = start + (t % kernel[axis]) * dilations[axis];
        next[i * nextTaps + t] = outer < 0 || index < 0 || index >= size ? -1 : outer * size + index;
      }
    }
    [table, outputs, taps] = [next, nextOutputs, nextTaps];
  }
  return table;
}

/** Returns the number of taps of each window that lie in the input or its declared padding: [outputs]. */
export function paddedCounts(geometry: WindowGeometry): Float64Array {
  const input = geometry.input.map((size, axis) => size + geometry.before[axis] + geometry.after[axis]);
  const table = windowIndices({ ...geometry, input, before: input.map(() => 0) });
  const taps = sizeOf(geometry.kernel);
  return Float64Array.from({ length: sizeOf(geometry.output) }, (_, i) =>
    table.subarray(i * taps, (i + 1) * taps).reduce((count, position) => count + (position < 0 ? 0 : 1), 0),
  );
}
