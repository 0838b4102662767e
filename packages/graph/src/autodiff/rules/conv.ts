import { attr } from '../../builder/builder.js';
import type { MathBuilder, Size } from '../../builder/math-builder.js';
import type { KernelAxis } from '../../infer/window.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Rule } from './rule.js';
import { padsOf, transposedFit, windowOf } from './window.js';

/** Convolutions in any number of dimensions, with groups, strides, dilations and padding. */
export const convolution = {
  Conv: (b, step, dy) => {
    const [x, kernel, bias] = step.inputs;
    const window = windowOf(step, spatial(b, kernel));
    const group = attributesOf(step.node, 'Conv').group;
    return [
      step.wanted[0] ? transposedConv(b, { dy, kernel, like: x, window, group }) : undefined,
      step.wanted[1] ? convKernel(b, { x, dy, kernel, window, group }) : undefined,
      bias ? perChannel(b, dy) : undefined,
    ];
  },
  // The adjoint of a convolution from y's space to x's: so its own adjoint is that convolution.
  ConvTranspose: (b, step, dy) => {
    const [x, kernel, bias] = step.inputs;
    const window = windowOf(step, spatial(b, kernel));
    const group = attributesOf(step.node, 'ConvTranspose').group;
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

/** The adjoint of a convolution is the transposed convolution with the same kernel. */
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
