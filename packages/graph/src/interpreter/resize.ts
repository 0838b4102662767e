import { attributesOf } from '../ir/attributes.js';
import { filled, forEachSlice, type NumArray, slicesAlong } from './array.js';
import { type Call, choice, type EvalRow, normalAxis } from './call.js';

/** How one axis is resized. `roi` is the cropped region of tf_crop_and_resize. */
interface Axis {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  readonly roi: readonly [start: number, end: number];
}

/** For each mode, the coordinate in the input of output index `i`. */
const coordinates: Readonly<Record<string, (i: number, axis: Axis) => number>> = {
  asymmetric: (i, { scale }) => i / scale,
  half_pixel: (i, { scale }) => (i + 0.5) / scale - 0.5,
  half_pixel_symmetric(i, { input, output, scale }) {
    const adjustment = output / (input * scale);
    return (input / 2) * (1 - adjustment) + (i + 0.5) / scale - 0.5;
  },
  pytorch_half_pixel: (i, { output, scale }) => (output > 1 ? (i + 0.5) / scale - 0.5 : 0),
  align_corners: (i, { input, output }) => (output > 1 ? (i * (input - 1)) / (output - 1) : 0),
  tf_crop_and_resize(i, { input, output, roi: [start, end] }) {
    if (output <= 1) return 0.5 * (start + end) * (input - 1);
    return start * (input - 1) + (i * (end - start) * (input - 1)) / (output - 1);
  },
};

const roundings: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** An interpolation kernel, which is 0 at distances above `reach`. */
interface Kernel {
  readonly reach: number;
  weight(distance: number): number;
}

const linear: Kernel = { reach: 1, weight: (d) => Math.max(0, 1 - d) };

/** Keys' cubic convolution. */
const cubic = (a: number): Kernel => ({
  reach: 2,
  weight(d) {
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  },
});

/** Input index and weight of each tap of one output element. */
type Taps = readonly (readonly [index: number, weight: number])[];

/**
 * Returns a function that gives the taps at coordinate `x`. Antialiasing widens the kernel if the axis shrinks. With antialiasing or
 * exclude_outside, the weights are divided by their sum.
 */
function kernelTaps(call: Call, kernel: Kernel): (x: number, axis: Axis) => Taps {
  const { antialias, exclude_outside: outside } = attributesOf(call.node, 'Resize');
  return (x, { input, scale }) => {
    const width = antialias ? Math.min(1, scale) : 1;
    const taps: [number, number][] = [];
    for (let i = Math.ceil(x - kernel.reach / width); i <= x + kernel.reach / width; i++) {
      const weight = kernel.weight(Math.abs(i - x) * width);
      if (weight !== 0 && (!outside || (i >= 0 && i < input))) taps.push([i, weight]);
    }
    const total = antialias || outside ? taps.reduce((sum, [, weight]) => sum + weight, 0) : 1;
    return taps.map(([i, weight]) => [Math.min(input - 1, Math.max(0, i)), weight / total]);
  };
}

/** Interpolates one axis of `x` by the taps of each output index. */
function resizeAxis(x: NumArray, axis: number, taps: readonly Taps[]): NumArray {
  const y = filled(x.dtype, x.dims.with(axis, taps.length));
  const slices = slicesAlong(x.dims, axis);
  const starts: number[] = [];
  forEachSlice(slicesAlong(y.dims, axis), (start) => starts.push(start));
  let slice = 0;
  forEachSlice(slices, (start, step) => {
    taps.forEach((list, i) => {
      y.data[starts[slice] + i * step] = list.reduce(
        (sum, [at, weight]) => sum + weight * x.data[start + at * step],
        0,
      );
    });
    slice++;
  });
  return y;
}

/** Returns the resized axes, with output sizes from `scales`, or from `sizes` and the aspect-ratio policy. */
function axesOf(call: Call): Map<number, Axis> {
  const { dims } = call.input(0);
  const list = attributesOf(call.node, 'Resize').axes ?? [...dims.keys()];
  const axes = list.map((axis) => normalAxis(call.where, axis, dims.length));
  const [roi, scales, sizes] = [call.inputs[1]?.data, call.inputs[2]?.data, call.inputs[3]?.data];
  const ratios = sizes?.length ? Array.from(sizes, (size, i) => size / dims[axes[i]]) : [...(scales ?? [])];
  if (ratios.length !== axes.length)
    call.refuse('shape-mismatch', `${axes.length} scales or sizes`, `${ratios.length}`);
  const policy = sizes?.length ? attributesOf(call.node, 'Resize').keep_aspect_ratio_policy : 'stretch';
  const common = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return new Map(
    axes.map((axis, i) => {
      const input = dims[axis];
      const scale = policy === 'stretch' ? ratios[i] : common;
      const output =
        policy === 'stretch' ? (sizes?.[i] ?? Math.floor(input * scale)) : Math.floor(input * scale + 0.5);
      return [axis, { input, output, scale, roi: [roi?.[i] ?? 0, roi?.[i + axes.length] ?? 1] }];
    }),
  );
}

/** Returns the function that gives the taps at coordinate `x`. */
function samplerOf(call: Call): (x: number, axis: Axis) => Taps {
  const { mode, nearest_mode, cubic_coeff_a } = attributesOf(call.node, 'Resize');
  if (mode === 'linear') return kernelTaps(call, linear);
  if (mode === 'cubic') return kernelTaps(call, cubic(cubic_coeff_a));
  const round = choice(call, roundings, ['nearest_mode', nearest_mode]);
  return (x, { input }) => [[Math.min(input - 1, Math.max(0, round(x))), 1]];
}

/** Resizes one axis after the other: all modes are separable. */
export const resize: EvalRow = (call) => {
  const coordinate = choice(call, coordinates, [
    'coordinate_transformation_mode',
    attributesOf(call.node, 'Resize').coordinate_transformation_mode,
  ]);
  const crops = coordinate === coordinates.tf_crop_and_resize;
  const sampler = samplerOf(call);
  const axes = axesOf(call);
  let y = call.input(0);
  for (const [index, axis] of axes) {
    if (axis.scale === 1 && axis.output === axis.input && !crops) continue;
    const taps = Array.from({ length: axis.output }, (_, i) => sampler(coordinate(i, axis), axis));
    y = resizeAxis(y, index, taps);
  }
  return crops ? extrapolated(call, y, axes) : y;
};

/** Sets output elements whose coordinate lies outside the input to extrapolation_value. */
function extrapolated(call: Call, y: NumArray, axes: ReadonlyMap<number, Axis>): NumArray {
  const value = attributesOf(call.node, 'Resize').extrapolation_value;
  const data = y.data.slice();
  for (const [index, axis] of axes) {
    const slices = slicesAlong(y.dims, index);
    for (let i = 0; i < axis.output; i++) {
      const x = coordinates.tf_crop_and_resize(i, axis);
      if (x >= 0 && x <= axis.input - 1) continue;
      forEachSlice(slices, (start, step) => {
        data[start + i * step] = value;
      });
    }
  }
  return { ...y, data };
}
