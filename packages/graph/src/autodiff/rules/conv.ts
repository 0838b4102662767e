import { attr } from '../../builder/builder.js';
import type { MathBuilder, Size } from '../../builder/math-builder.js';
import type { KernelAxis } from '../../infer/window.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Rule } from './rule.js';
import { padsOf, transposedPadding, windowOf } from './window.js';

/** Backward rules of convolutions in any number of dimensions, with groups, strides, dilations and padding. */
export const convolution = {
  // y = W * x + bias: dx = W^T * dy (a transposed convolution), dW = x * dy, dbias = sum of dy over all axes but the channels.
  Conv: (b, step, dy) => {
    const [x, kernel, bias] = step.inputs;
    const window = windowOf(step, spatialDims(b, kernel));
    const group = attributesOf(step.node, 'Conv').group;
    return [
      step.wanted[0] ? transposedConv(b, { dy, kernel, like: x, window, group }) : undefined,
      step.wanted[1] ? kernelCotangent(b, { x, dy, kernel, window, group }) : undefined,
      bias ? sumPerChannel(b, dy) : undefined,
    ];
  },
  // y = W^T * x is the adjoint of a convolution, so dx = W * dy is that convolution; in dW, x and dy change places.
  ConvTranspose: (b, step, dy) => {
    const [x, kernel, bias] = step.inputs;
    const window = windowOf(step, spatialDims(b, kernel));
    const group = attributesOf(step.node, 'ConvTranspose').group;
    return [
      step.wanted[0] ? convolve(b, { dy, kernel, like: x, window, group }) : undefined,
      step.wanted[1] ? kernelCotangent(b, { x: dy, dy: x, kernel, window, group }) : undefined,
      bias ? sumPerChannel(b, dy) : undefined,
    ];
  },
} satisfies Record<string, Rule>;

interface InputCotangentOptions {
  readonly dy: string;
  readonly kernel: string;
  /** The value whose cotangent this is. */
  readonly like: string;
  readonly window: readonly KernelAxis[];
  readonly group: number;
}

const spatialDims = (b: MathBuilder, x: string) => b.dims(x).slice(2);

/** Sums over all axes except the channels. Returns [C]. */
export function sumPerChannel(b: MathBuilder, x: string): string {
  const axes = b.others(x, [1]);
  return b.emit('ReduceSum', [x, b.ints(axes)], { keepdims: attr.int(0) });
}

/** The adjoint of a convolution: the transposed convolution with the same kernel. */
function transposedConv(b: MathBuilder, { dy, kernel, like, window, group }: InputCotangentOptions): string {
  const fit = transposedPadding(window, spatialDims(b, like), spatialDims(b, dy));
  const full = b.emit('ConvTranspose', [dy, kernel], {
    ...windowAttributes(window, group),
    pads: attr.ints(fit.pads),
    output_padding: attr.ints(fit.outputPadding),
  });
  return fit.crop ? cropLike(b, full, like) : full;
}

/** Crops every spatial axis at its end to the size that it has in `like`. */
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

function convolve(b: MathBuilder, { dy, kernel, like, window, group }: InputCotangentOptions): string {
  const full = b.emit('Conv', [dy, kernel], {
    ...windowAttributes(window, group),
    pads: attr.ints(padsOf(window)),
  });
  return cropIfLonger(b, full, like);
}

/** Crops x to the spatial sizes of `like`. An output padding of at least a stride gives one window too many. */
export function cropIfLonger(b: MathBuilder, x: string, like: string): string {
  const same = spatialDims(b, x).every((size, i) => size === spatialDims(b, like)[i]);
  return same ? x : cropLike(b, x, like);
}

interface KernelCotangentOptions {
  /** Input of the convolution, [N, C, ...]. */
  readonly x: string;
  /** Cotangent of its output, [N, M, ...]. */
  readonly dy: string;
  /** Weights, [M, C/g, ...]. */
  readonly kernel: string;
  readonly window: readonly KernelAxis[];
  readonly group: number;
}

/**
 * dW[m, c, k] = sum over n, o of dy[n, m, o] x[n, c, o stride + k dilation - pad]. This is a convolution of x with dy as its kernel, in
 * which batch and channels are exchanged, and strides and dilations are exchanged.
 */
function kernelCotangent(b: MathBuilder, given: KernelCotangentOptions): string {
  const { x, dy, window, group } = given;
  const axes = b.others(x, [0, 1]);
  const image = swapBatchAndChannels(b, given);
  const swapped = b.emit('Conv', [image, b.transpose(dy, [1, 0, ...axes])], {
    strides: attr.ints(window.map((axis) => axis.dilation)),
    dilations: attr.ints(window.map((axis) => axis.stride)),
    pads: attr.ints(padsOf(window)),
    group: attr.int(group),
  });
  const exact = spatialDims(b, swapped).every((size, i) => size === window[i].kernel);
  const taps = axes.map((axis, i) => ({ axis, from: 0, to: window[i].kernel }));
  return b.transpose(exact ? swapped : b.slice(swapped, taps), [1, 0, ...axes]);
}

/** [N, g C/g, ...] -> [C/g, g N, ...]. The group stays the outer part of the second axis, so that the convolution can be grouped. */
function swapBatchAndChannels(b: MathBuilder, { x, kernel, group }: KernelCotangentOptions): string {
  const axes = b.others(x, [0, 1]);
  if (group === 1) return b.transpose(x, [1, 0, ...axes]);
  const sizes = axes.map((axis): Size => ({ of: x, axis }));
  const each = { of: kernel, axis: 1 };
  const grouped = b.reshape(x, [{ of: x, axis: 0 }, group, each, ...sizes]);
  const moved = b.transpose(grouped, [2, 1, 0, ...axes.map((axis) => axis + 1)]);
  return b.reshape(moved, [each, -1, ...sizes]);
}
