import { attributesOf } from '../ir/attributes.js';
import type { Dim, Dims, Node } from '../ir/types.js';
import { addDims, ceilDivide, floorDivide, minDim, multiplyDims, subtractDims } from './dim.js';
import type { InferRow, Site } from './site.js';

/** How a kernel slides along one spatial axis. */
export interface KernelAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before the first element. */
  readonly before: number;
  /** Padding after the last element. */
  readonly after: number;
  /** Elements from the first to the last tap: (kernel - 1) dilation + 1. */
  readonly extent: number;
}

/** The attributes of a sliding window as ONNX writes them; absent ones take the default. */
export interface WindowAttributes {
  readonly strides?: readonly number[] | undefined;
  readonly dilations?: readonly number[] | undefined;
  readonly pads?: readonly number[] | undefined;
}

/** One entry per spatial axis, for a kernel of these sizes. */
export function kernelAxes(
  kernel: readonly number[],
  { strides, dilations, pads }: WindowAttributes,
): readonly KernelAxis[] {
  return kernel.map((size, i) => {
    const dilation = dilations?.[i] ?? 1;
    return {
      kernel: size,
      stride: strides?.[i] ?? 1,
      dilation,
      before: pads?.[i] ?? 0,
      after: pads?.[i + kernel.length] ?? 0,
      extent: (size - 1) * dilation + 1,
    };
  });
}

/** The window attributes of a convolution or pool, axis by axis; pads are 0 where `auto_pad` decides them. */
export function windowAxes(site: Site, kernel: readonly number[]): readonly KernelAxis[] {
  const attributes = attributesOf(site.node, ...WINDOWED);
  const { dilations, pads, strides } = attributes;
  return kernelAxes(kernel, {
    strides,
    dilations,
    pads: autoPadOf(site.node) === 'NOTSET' ? pads : undefined,
  });
}

/** Operators with a sliding window. */
export const WINDOWED = ['AveragePool', 'Conv', 'ConvTranspose', 'DeformConv', 'MaxPool'] as const;

/** How the padding is decided: NOTSET where `pads` says it. An empty text, as old exporters write it, says the same. */
export function autoPadOf(node: Node): string {
  if (node.op === 'Col2Im' || node.op === 'DeformConv') return 'NOTSET';
  return attributesOf(node, 'AveragePool', 'Conv', 'ConvTranspose', 'MaxPool').auto_pad || 'NOTSET';
}

/** Output size of a convolution or pool along one axis. */
function windowSize(site: Site, size: Dim, axis: KernelAxis): Dim {
  const mode = autoPadOf(site.node);
  if (mode.startsWith('SAME')) return sameSize(site, size, axis);
  const room = subtractDims(addDims(size, axis.before + axis.after), axis.extent);
  if (typeof room === 'number' && room < 0) {
    return site.mismatch(`a spatial size of at least ${axis.extent - axis.before - axis.after}`);
  }
  if (!hasCeilMode(site.node)) return addDims(floorDivide(room, axis.stride), 1);
  return ceilSize(size, room, axis);
}

/** Whether a pool has windows that reach beyond the end. */
export const hasCeilMode = (node: Node): boolean =>
  node.op.endsWith('Pool') && attributesOf(node, 'AveragePool', 'MaxPool').ceil_mode;

/**
 * Cells that SAME adds along an axis for ceil(size / stride) windows; undefined where that depends on a symbol. ONNX Runtime reckons them
 * for pools as if they had no dilation, unlike the standard's formula, so that dilated pools have fewer windows.
 */
export function sameTotal(site: Site, size: Dim, axis: KernelAxis): number | undefined {
  const covered = isPool(site) ? axis.kernel : axis.extent;
  if (axis.stride === 1) return covered - 1;
  if (typeof size !== 'number') return undefined;
  return Math.max(0, (Math.ceil(size / axis.stride) - 1) * axis.stride + covered - size);
}

const isPool = (site: Site): boolean => site.node.op.endsWith('Pool');

function sameSize(site: Site, size: Dim, axis: KernelAxis): Dim {
  if (axis.dilation === 1 || !isPool(site)) return ceilDivide(size, axis.stride);
  const total = sameTotal(site, size, axis);
  if (total === undefined) return site.unknown();
  return addDims(floorDivide(subtractDims(addDims(size, total), axis.extent), axis.stride), 1);
}

/** With ceil_mode, windows that would start in the padding at the end are dropped. */
function ceilSize(size: Dim, room: Dim, axis: KernelAxis): Dim {
  const covering = addDims(ceilDivide(room, axis.stride), 1);
  if (axis.after + axis.stride <= axis.extent) return covering;
  return minDim(covering, ceilDivide(addDims(size, axis.before), axis.stride));
}

function spatial(site: Site, dims: Dims, axes: readonly KernelAxis[]): Dims {
  if (dims.length !== axes.length + 2) site.mismatch(`an input of rank ${axes.length + 2}`);
  return axes.map((axis, i) => windowSize(site, dims[i + 2] ?? 1, axis));
}

/** Kernel sizes: the attribute, or the trailing dims of the weights. */
function kernelOf(site: Site, weights: Dims | undefined): readonly number[] | undefined {
  const shape =
    attributesOf(site.node, 'Conv', 'ConvTranspose', 'DeformConv').kernel_shape ?? weights?.slice(2);
  return shape?.every((size) => typeof size === 'number') ? shape : undefined;
}

export const conv: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const weights = site.dims(1);
  const kernel = kernelOf(site, weights);
  if (dims === undefined) return [{ dtype, dims }];
  const channels = weights?.[0] ?? site.unknown();
  if (kernel === undefined)
    return [{ dtype, dims: [dims[0] ?? 1, channels, ...dims.slice(2).map(site.unknown)] }];
  const perGroup = weights?.[1];
  const [n = 1, c] = dims;
  const groups = attributesOf(site.node, 'Conv', 'DeformConv').group;
  if (typeof c === 'number' && typeof perGroup === 'number' && c !== perGroup * groups) {
    site.mismatch(`${perGroup * groups} input channels`);
  }
  if (typeof channels === 'number' && channels % groups !== 0) {
    site.mismatch(`output channels divisible by group ${groups}`);
  }
  return [{ dtype, dims: [n, channels, ...spatial(site, dims, windowAxes(site, kernel))] }];
};

export const convTranspose: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const weights = site.dims(1);
  const kernel = kernelOf(site, weights);
  if (dims === undefined || weights === undefined || kernel === undefined)
    return [{ dtype, dims: dims?.map(site.unknown) }];
  const [n = 1, c] = dims;
  if (typeof c === 'number' && typeof weights[0] === 'number' && c !== weights[0]) {
    site.mismatch(`${weights[0]} input channels`);
  }
  if (dims.length !== kernel.length + 2) site.mismatch(`an input of rank ${kernel.length + 2}`);
  const channels = multiplyDims(weights[1] ?? 1, attributesOf(site.node, 'ConvTranspose').group);
  const sizes = windowAxes(site, kernel).map((axis, i) =>
    transposedSize(site, { size: dims[i + 2] ?? 1, axis, i }),
  );
  return [{ dtype, dims: [n, channels, ...sizes] }];
};

function transposedSize(site: Site, { size, axis, i }: { size: Dim; axis: KernelAxis; i: number }): Dim {
  const { output_padding, output_shape: requested } = attributesOf(site.node, 'ConvTranspose');
  const fixed = requested?.[i + requested.length - (site.dims(0)?.length ?? 2) + 2];
  if (fixed !== undefined) return fixed;
  const extra = output_padding?.[i] ?? 0;
  // ONNX Runtime does not pad the output where the kernel is shorter than the stride, unlike the standard's formula.
  const full = addDims(multiplyDims(subtractDims(size, 1), axis.stride), extra + axis.extent);
  const surplus = Math.max(0, axis.extent - axis.stride + extra);
  return subtractDims(full, autoPadOf(site.node).startsWith('SAME') ? surplus : axis.before + axis.after);
}

export const pool: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const kernel = attributesOf(site.node, 'AveragePool', 'MaxPool').kernel_shape;
  const out = dims && [...dims.slice(0, 2), ...spatial(site, dims, windowAxes(site, kernel))];
  return [
    { dtype, dims: out },
    { dtype: 'int64', dims: out },
  ];
};

export const globalPool: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  return [{ dtype, dims: dims?.map((dim, i) => (i < 2 ? dim : 1)) }];
};
