import { channelsFirst, channelsLast } from '../autodiff/rules/window-tiles.js';
import { attr } from '../builder/builder.js';
import type { MathBuilder, Size } from '../builder/math-builder.js';
import { type KernelAxis, kernelAxes } from '../infer/window.js';
import { attributesOf } from '../ir/attributes.js';
import type { Dims, Node } from '../ir/types.js';
import { adjointKernel } from './adjoint-kernel.js';

/** A ConvTranspose node with its defaults filled in. */
export interface TransposedConv {
  readonly x: string;
  /** [channels of x, channels of the result / group, ...]. */
  readonly kernel: string;
  readonly bias: readonly string[];
  readonly group: number;
  readonly window: readonly (KernelAxis & { readonly outputPadding: number })[];
}

/** Reads a ConvTranspose node. Undefined where its padding or the sizes of its kernel are not known. */
export function transposedConvOf(b: MathBuilder, node: Node): TransposedConv | undefined {
  const attributes = attributesOf(node, 'ConvTranspose');
  const [x, kernel, ...bias] = node.inputs;
  const taps = b.typeOf(kernel)?.dims?.slice(2);
  if (attributes.auto_pad !== 'NOTSET' || attributes.output_shape !== undefined) return undefined;
  if (b.typeOf(x)?.dims === undefined || !taps?.every((size) => typeof size === 'number')) return undefined;
  const window = kernelAxes(taps, attributes).map((axis, i) => ({
    ...axis,
    outputPadding: attributes.output_padding?.[i] ?? 0,
  }));
  return { x, kernel, bias: bias.filter((name) => name !== ''), group: attributes.group, window };
}

/** Whether a kernel has one channel on either side, as those of pools have: there ONNX Runtime's ConvTranspose is faster than Conv. */
export function isSingle(b: MathBuilder, { kernel }: TransposedConv): boolean {
  const [inputs, outputs] = b.dims(kernel);
  return inputs === 1 && outputs === 1;
}

/**
 * The same values by a Conv of stride 1 with the adjoint kernel. Where the stride is larger, zeros are put between the elements first; that
 * needs known spatial sizes. Undefined where they are not known, or where the padding crops more than the kernel reaches.
 */
export function asConv(b: MathBuilder, node: TransposedConv): string | undefined {
  const { x, kernel, bias, group, window } = node;
  const strides = window.map(({ stride }) => stride);
  const dense = strides.every((stride) => stride === 1);
  const pads = adjointPads(node);
  if (pads === undefined || !(dense || hasKnownSizes(b.dims(x).slice(1)))) return undefined;
  const spread = dense ? x : zerosBetween(b, x, strides);
  return b.emit('Conv', [spread, adjointKernel(b, kernel, group), ...bias], {
    kernel_shape: attr.ints(window.map((axis) => axis.kernel)),
    dilations: attr.ints(window.map((axis) => axis.dilation)),
    pads: attr.ints(pads),
    group: attr.int(group),
  });
}

/** Padding of the Conv: what the kernel reaches beyond the padding of the transposed one, less the zeros after the last element. */
function adjointPads({ window }: TransposedConv): readonly number[] | undefined {
  const before = window.map((axis) => axis.extent - 1 - axis.before);
  const after = window.map((axis) => axis.extent - axis.after + axis.outputPadding - axis.stride);
  const pads = [...before, ...after];
  return pads.every((pad) => pad >= 0) ? pads : undefined;
}

const hasKnownSizes = (dims: Dims): boolean => dims.every((size) => typeof size === 'number');

/**
 * Zeros between the elements of each spatial axis of [N, C, ...], and as many after the last one: size s becomes s stride. Sizes but N
 * must be known. Channels come last on the way, so that whole rows of channels move at once.
 */
export function zerosBetween(b: MathBuilder, x: string, strides: readonly number[]): string {
  const last = channelsLast(b, x);
  const sizes = b.dims(last).slice(1).map(Number);
  const [spatial, channels] = [sizes.slice(0, -1), sizes.at(-1) ?? 1];
  const batch: Size = { of: x, axis: 0 };
  const inner = spatial.length - 1;
  const apart = spatial.flatMap((size, i) => (i < inner ? [size, 1] : [size, channels]));
  const zeros = spatial.flatMap((_, i) => [0, (strides[i] - 1) * (i < inner ? 1 : channels)]);
  const padded = b.pad(b.reshape(last, [batch, ...apart]), [0, ...apart.map(() => 0)], [0, ...zeros]);
  const grown = spatial.map((size, i) => size * strides[i]);
  return channelsFirst(b, b.reshape(padded, [batch, ...grown, channels]));
}
