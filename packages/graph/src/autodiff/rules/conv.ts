import { attr } from '../../builder/builder.js';
import type { MathBuilder, Size } from '../../builder/math-builder.js';
import type { KernelAxis } from '../../infer/window.js';
import type { Dims } from '../../ir/types.js';
import { blockedConvTranspose } from './blocked-conv-transpose.js';
import { adjointKernel } from './kernel.js';
import type { Rule } from './rule.js';
import { zerosBetween } from './tile.js';
import { padsOf, transposedFit, windowOf } from './window.js';

/** Convolutions in any number of dimensions, with groups, strides, dilations and padding. */
export const convolution = {
  Conv: (b, step, dy) => {
    const [x, kernel, bias] = step.inputs;
    const window = windowOf(step, spatial(b, kernel));
    const group = step.int('group', 1);
    return [
      step.wanted[0] ? convData(b, { dy, kernel, like: x, window, group }) : undefined,
      step.wanted[1] ? convKernel(b, { x, dy, kernel, window, group }) : undefined,
      bias ? perChannel(b, dy) : undefined,
    ];
  },
  // The adjoint of a convolution from y's space to x's: so its own adjoint is that convolution.
  ConvTranspose: (b, step, dy) => {
    const [x, kernel, bias] = step.inputs;
    const window = windowOf(step, spatial(b, kernel));
    const group = step.int('group', 1);
    return [
      step.wanted[0] ? forward(b, { dy, kernel, like: x, window, group }) : undefined,
      step.wanted[1] ? convKernel(b, { x: dy, dy: x, kernel, window, group }) : undefined,
      bias ? perChannel(b, dy) : undefined,
    ];
  },
} satisfies Record<string, Rule>;

interface DataCotangent {
  readonly dy: string;
  readonly kernel: string;
  /** The value whose cotangent this is. */
  readonly like: string;
  readonly window: readonly KernelAxis[];
  readonly group: number;
}

const spatial = (b: MathBuilder, x: string) => b.dims(x).slice(2);

/** Sum over all axes but the channels, [C]. */
export function perChannel(b: MathBuilder, x: string): string {
  const axes = b.others(x, [1]);
  return b.emit('ReduceSum', [x, b.ints(axes)], { keepdims: attr.int(0) });
}

/**
 * A convolution with the adjoint kernel, which runtimes run fastest and keep in blocked layouts, where the stride is 1 or there is one
 * channel a group (zeros between the elements make the stride 1, and cost little); else a transposed one.
 */
function convData(b: MathBuilder, given: DataCotangent): string {
  const { window, dy } = given;
  const sizes = { input: spatial(b, given.like), output: spatial(b, dy) };
  const few = blockedConvTranspose(b, { ...given, ...sizes });
  if (few !== undefined) return few;
  const strides = window.map((axis) => axis.stride);
  const dense = strides.every((stride) => stride === 1);
  const pads = adjointPads(window, sizes);
  if (pads === undefined || !(dense || spreads(b, given))) return transposedConv(b, given);
  return adjointConv(b, { ...given, dy: dense ? dy : zerosBetween(b, dy, strides) }, pads);
}

/** Whether there is one channel a group, and zeros can be put between elements: their number must be known. */
function spreads(b: MathBuilder, { dy, kernel, group }: DataCotangent): boolean {
  const [outputs, inputs] = b.dims(kernel);
  return outputs === group && inputs === 1 && spatial(b, dy).every((size) => typeof size === 'number');
}

/** How a convolution of stride 1 over the strided outputs must be padded to give the inputs; undefined where it would have to crop. */
function adjointPads(window: readonly KernelAxis[], { input, output }: { input: Dims; output: Dims }) {
  const before = window.map((axis) => axis.extent - 1 - axis.before);
  const after = window.map((axis, i) => {
    const [size, windows] = [input[i], output[i]];
    if (axis.stride === 1) return axis.extent - 1 - axis.after;
    const known = typeof size === 'number' && typeof windows === 'number';
    return known ? size - windows * axis.stride + axis.before : Number.NaN;
  });
  const pads = [...before, ...after];
  return pads.every((pad) => pad >= 0) ? pads : undefined;
}

function adjointConv(
  b: MathBuilder,
  { dy, kernel, window, group }: DataCotangent,
  pads: readonly number[],
): string {
  return b.emit('Conv', [dy, adjointKernel(b, kernel, group)], {
    kernel_shape: attr.ints(window.map((axis) => axis.kernel)),
    dilations: attr.ints(window.map((axis) => axis.dilation)),
    pads: attr.ints(pads),
    group: attr.int(group),
  });
}

function transposedConv(b: MathBuilder, { dy, kernel, like, window, group }: DataCotangent): string {
  const fit = transposedFit(window, spatial(b, like), spatial(b, dy));
  const full = b.emit('ConvTranspose', [dy, kernel], {
    ...windowAttributes(window, group),
    pads: attr.ints(fit.pads),
    output_padding: attr.ints(fit.outputPadding),
  });
  return fit.crop ? cropLike(b, full, like) : full;
}

/** The leading part of every spatial axis, as long as that of `like`. */
export function cropLike(b: MathBuilder, x: string, like: string): string {
  const axes = b.others(like, [0, 1]);
  const ends = b.sizes(axes.map((axis) => ({ of: like, axis })));
  return b.emit('Slice', [x, b.ints(axes.map(() => 0)), ends, b.ints(axes)]);
}

function windowAttributes(window: readonly KernelAxis[], group: number) {
  return {
    kernel_shape: attr.ints(window.map((axis) => axis.kernel)),
    strides: attr.ints(window.map((axis) => axis.stride)),
    dilations: attr.ints(window.map((axis) => axis.dilation)),
    group: attr.int(group),
  };
}

function forward(b: MathBuilder, { dy, kernel, like, window, group }: DataCotangent): string {
  const full = b.emit('Conv', [dy, kernel], {
    ...windowAttributes(window, group),
    pads: attr.ints(padsOf(window)),
  });
  return cropped(b, full, like);
}

/** Output padding of a stride or more makes one window too many. */
export function cropped(b: MathBuilder, x: string, like: string): string {
  const same = spatial(b, x).every((size, i) => size === spatial(b, like)[i]);
  return same ? x : cropLike(b, x, like);
}

interface KernelCotangent {
  /** What the convolution slides over, [N, C, ...]. */
  readonly x: string;
  /** Cotangent of what it gives, [N, M, ...]. */
  readonly dy: string;
  /** [M, C/g, ...]. */
  readonly kernel: string;
  readonly window: readonly KernelAxis[];
  readonly group: number;
}

/**
 * dW[m, c, k] = sum over n, o of dy[n, m, o] x[n, c, o stride + k dilation - pad]: a convolution of x by dy in which batch and
 * channels change places, and strides and dilations.
 */
function convKernel(b: MathBuilder, given: KernelCotangent): string {
  const { x, dy, window, group } = given;
  const axes = b.others(x, [0, 1]);
  const image = channelsFirst(b, given);
  const swapped = b.emit('Conv', [image, b.transpose(dy, [1, 0, ...axes])], {
    strides: attr.ints(window.map((axis) => axis.dilation)),
    dilations: attr.ints(window.map((axis) => axis.stride)),
    pads: attr.ints(padsOf(window)),
    group: attr.int(group),
  });
  const exact = spatial(b, swapped).every((size, i) => size === window[i].kernel);
  const taps = axes.map((axis, i) => ({ axis, from: 0, to: window[i].kernel }));
  return b.transpose(exact ? swapped : b.slice(swapped, taps), [1, 0, ...axes]);
}

/** [N, g C/g, ...] -> [C/g, g N, ...]: group by group, so that a grouped convolution keeps them apart. */
function channelsFirst(b: MathBuilder, { x, kernel, group }: KernelCotangent): string {
  const axes = b.others(x, [0, 1]);
  if (group === 1) return b.transpose(x, [1, 0, ...axes]);
  const sizes = axes.map((axis): Size => ({ of: x, axis }));
  const each = { of: kernel, axis: 1 };
  const grouped = b.reshape(x, [{ of: x, axis: 0 }, group, each, ...sizes]);
  const moved = b.transpose(grouped, [2, 1, 0, ...axes.map((axis) => axis + 1)]);
  return b.reshape(moved, [each, -1, ...sizes]);
}
