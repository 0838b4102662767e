import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { type Site, siteOf } from '../infer/site.js';
import { autoPadOf, hasCeilMode, type KernelAxis, sameTotal, windowAxes } from '../infer/window.js';
import { attributesOf } from '../ir/attributes.js';
import type { Dim, Graph, Node } from '../ir/types.js';
import { appendChanged } from '../rewrite/op-rewrite.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * Sets kernel_shape, strides, dilations and pads of convolutions and pools explicitly. `auto_pad` stays only where the padding depends on
 * a symbolic size, and `ceil_mode` only where it adds windows. An AveragePool has dilations only where they are not 1: before opset 19 it
 * has none, and ONNX Runtime 1.29 does not open a model where it fuses one that has them with the quantisation around it.
 */
export const explicitPadding = (graph: Graph): Graph => rewriteOps(graph, WINDOWED);

const withExplicitPadding: NodeRule = (node, b) => (hasKnownTypes(node, b) ? explicit(node, b) : undefined);

const WINDOWED = {
  Conv: withExplicitPadding,
  ConvTranspose: withExplicitPadding,
  MaxPool: withExplicitPadding,
  AveragePool: withExplicitPadding,
};

/** Whether the types of all inputs are known; after a foreign operator they are not. */
const hasKnownTypes = (node: Node, b: GraphBuilder): boolean =>
  node.inputs.every((name) => name === '' || b.typing.typeOf(name) !== undefined);

function explicit(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const site = siteOf(node, b.typing);
  const dims = site.dims(0)?.slice(2);
  const { kernel_shape } = attributesOf(node, 'AveragePool', 'Conv', 'ConvTranspose', 'MaxPool');
  const kernel = kernel_shape ?? site.dims(1)?.slice(2);
  if (dims === undefined || !kernel?.every((size) => typeof size === 'number')) return undefined;
  const axes = windowAxes(site, kernel);
  const padded = axes.map((axis, i) => padAxis(site, { axis, size: dims[i] ?? 1, i }));
  if (!padded.every((pad) => pad !== undefined)) return undefined;
  const noDilation = node.op === 'AveragePool' && axes.every(({ dilation }) => dilation === 1);
  return appendChanged(node, b, {
    attributes: {
      kernel_shape: attr.ints(axes.map((axis) => axis.kernel)),
      strides: attr.ints(axes.map((axis) => axis.stride)),
      dilations: noDilation ? undefined : attr.ints(axes.map((axis) => axis.dilation)),
      pads: attr.ints([...padded.map(({ begin }) => begin), ...padded.map(({ end }) => end)]),
      output_padding: node.op === 'ConvTranspose' ? attr.ints(padded.map(({ extra }) => extra)) : undefined,
      auto_pad: undefined,
      output_shape: undefined,
      ceil_mode: addsWindows(node, b) ? node.attributes.ceil_mode : undefined,
    },
  });
}

/**
 * Whether ceil_mode adds windows. It does not where the last window would start in the padding. The standard's shape inference counts that
 * window nevertheless, and runtimes that trust it refuse the gradient; so the attribute is removed there.
 */
function addsWindows(node: Node, b: GraphBuilder): boolean {
  if (!hasCeilMode(node)) return false;
  const windows = (each: Node) => b.preview(each)[0]?.dims?.join();
  return windows(node) !== windows({ ...node, attributes: { ...node.attributes, ceil_mode: attr.int(0) } });
}

interface SpatialAxis {
  readonly axis: KernelAxis;
  readonly size: Dim;
  /** Index among the spatial axes. */
  readonly i: number;
}

interface Padded {
  readonly begin: number;
  readonly end: number;
  /** `output_padding` of a transposed convolution. */
  readonly extra: number;
}

/** Computes the padding of one axis; undefined where it depends on a symbol. */
function padAxis(site: Site, spatial: SpatialAxis): Padded | undefined {
  const { axis } = spatial;
  if (site.node.op === 'ConvTranspose') return transposedPad(site, spatial);
  const mode = autoPadOf(site.node);
  if (mode === 'NOTSET' || mode === 'VALID') return { begin: axis.before, end: axis.after, extra: 0 };
  const total = sameTotal(site, spatial.size, axis);
  return total === undefined ? undefined : { ...halves(total, mode === 'SAME_UPPER'), extra: 0 };
}

/**
 * Computes the padding of one axis of a transposed convolution. SAME makes the output size * stride, or larger where the kernel is shorter
 * than the stride, as ONNX Runtime does. `output_shape` gives the size; output padding fills what is missing of it at the end.
 */
function transposedPad(site: Site, { axis, size, i }: SpatialAxis): Padded | undefined {
  const mode = autoPadOf(site.node);
  const { output_padding, output_shape: shape } = attributesOf(site.node, 'ConvTranspose');
  const extra = output_padding?.[i] ?? 0;
  const wanted = shape?.[i + shape.length - (site.dims(0)?.length ?? 2) + 2];
  if (wanted === undefined && !mode.startsWith('SAME')) return { begin: axis.before, end: axis.after, extra };
  const surplus = axis.extent - axis.stride + extra;
  if (wanted !== undefined && typeof size !== 'number') return undefined;
  const total = wanted === undefined ? Math.max(0, surplus) : Number(size) * axis.stride + surplus - wanted;
  if (total < 0) return { begin: 0, end: 0, extra: extra - total };
  return { ...halves(total, mode === 'SAME_UPPER'), extra };
}

/** Splits a total in two. The odd element goes to the end for SAME_UPPER, else to the beginning. */
function halves(total: number, upper: boolean): { begin: number; end: number } {
  const half = Math.floor(total / 2);
  return upper ? { begin: half, end: total - half } : { begin: total - half, end: half };
}
