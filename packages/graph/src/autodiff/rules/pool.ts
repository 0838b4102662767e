import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import type { KernelAxis } from '../../infer/window.js';
import { attributesOf } from '../../ir/attributes.js';
import { addAt } from './add-at.js';
import { cropLike, cropped } from './conv.js';
import { repeatAxes } from './resize.js';
import type { Rule, RuleContext } from './rule.js';
import { channelsFirst, channelsLast, joined } from './tile.js';
import { transposedFit, windowOf } from './window.js';

/** Pooling. Of tied maxima, the first in row-major order gets the cotangent. */
export const pooling = {
  AveragePool: (b, step, dy) => [averagePool(b, step, dy)],
  GlobalAveragePool: (b, { inputs: [x] }, dy) => [spread(b, dy, { like: x, axes: b.others(x, [0, 1]) })],
  GlobalMaxPool: (b, step, dy) => [globalMaxPool(b, step, dy)],
  MaxPool: (b, step, dy) => [maxPool(b, step, dy)],
} satisfies Record<string, Rule>;

/** Largest block of ones kept as a constant; beyond it the runtime expands. */
const BLOCK = 1 << 16;

/** Windows of more elements are not taken apart. */
const ELEMENTS = 16;

/** Every element's share of the mean over `axes` (which dy has with size 1). Multiplying by a block of 1 / n beats Expand. */
export function spread(b: MathBuilder, dy: string, to: { like: string; axes: readonly number[] }): string {
  const { like, axes } = to;
  const sizes = axes.map((axis) => b.dims(like)[axis]);
  const known = sizes.every((size) => typeof size === 'number') ? sizes : undefined;
  const n = known?.reduce((product, size) => product * size, 1);
  if (n === undefined || known === undefined) return b.div(b.expand(dy, like), count(b, like, axes));
  if (n > BLOCK || n === 0) return b.div(b.expand(dy, like), n);
  const block = b.dims(like).map((_, axis) => (axes.includes(axis) ? Number(b.dims(like)[axis]) : 1));
  return b.mul(dy, b.emit('Expand', [b.scalar(1 / n, like), b.ints(block)]));
}

/** Product of the sizes of some axes, as a scalar of x's dtype. */
function count(b: MathBuilder, x: string, axes: readonly number[]): string {
  const sizes = b.cast(b.sizes(axes.map((axis) => ({ of: x, axis }))), b.dtype(x));
  return b.emit('ReduceProd', [sizes], { keepdims: attr.int(0) });
}

function windowsOf(step: RuleContext): readonly KernelAxis[] {
  return windowOf(step, attributesOf(step.node, 'AveragePool', 'MaxPool').kernel_shape);
}

/** Windows that tile the input side by side, the rest left over at the end; undefined where they do not. */
function tiling(b: MathBuilder, step: RuleContext, window: readonly KernelAxis[]) {
  const [input, output] = [b.dims(step.inputs[0]).slice(2), b.dims(step.outputs[0]).slice(2)];
  const left = window.map((axis, i) => {
    const [size, windows] = [input[i], output[i]];
    const apart = axis.stride === axis.kernel && axis.dilation === 1 && axis.before === 0 && axis.after === 0;
    return apart && typeof size === 'number' && typeof windows === 'number'
      ? size - windows * axis.kernel
      : Number.NaN;
  });
  return left.every((size) => size >= 0) ? { factors: window.map((axis) => axis.kernel), left } : undefined;
}

function maxPool(b: MathBuilder, step: RuleContext, dy: string): string {
  const window = windowsOf(step);
  const tiles = tiling(b, step, window);
  const few = window.reduce((product, axis) => product * axis.kernel, 1) <= ELEMENTS;
  const known = few && typeof b.dims(step.inputs[0])[1] === 'number';
  return known && tiles ? tiledMax(b, step, { dy, ...tiles }) : scatteredMax(b, step, dy);
}

/** Windows overlap: each says where its maximum was, and sends its cotangent there. */
function scatteredMax(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x] = step.inputs;
  const [, indices] = b.emitMany('MaxPool', [x], 2, { ...step.node.attributes, storage_order: attr.int(0) });
  const flat = (value: string) => b.reshape(value, [-1]);
  const places = { data: flat(b.zeros(x)), indices: flat(indices), updates: flat(dy), axis: 0 };
  return b.reshapeLike(addAt(b, 'ScatterElements', places), x);
}

interface Tiles {
  readonly dy: string;
  readonly factors: readonly number[];
  readonly left: readonly number[];
}

/**
 * Windows side by side: the elements of every window are asked in row-major order whether they are the maximum; the first that is
 * takes the cotangent from those that follow. One of them is, so the last one need not be asked.
 */
function tiledMax(b: MathBuilder, step: RuleContext, { dy, factors, left }: Tiles): string {
  const maximum = channelsLast(b, step.outputs[0]);
  let rest = channelsLast(b, dy);
  const parts = corners(factors).map((corner) => {
    if (corner.every((size, i) => size === factors[i])) return rest;
    const largest = channelsLast(b, maximumUpTo(b, step, { corner, factors }));
    const part = b.mul(rest, b.mask(b.compare('Equal', largest, maximum), dy));
    rest = b.sub(rest, part);
    return part;
  });
  const padding = left.map(() => 0);
  return channelsFirst(b, b.pad(joined(b, parts, factors), [0, ...padding, 0], [0, ...left, 0]));
}

/** How far every element of a window is from the window's first corner, itself included, in row-major order. */
const corners = (factors: readonly number[]): readonly (readonly number[])[] =>
  factors.reduce<readonly (readonly number[])[]>(
    (before, factor) =>
      before.flatMap((sizes) => Array.from({ length: factor }, (_, i) => [...sizes, i + 1])),
    [[]],
  );

/**
 * The largest element between the first corner of every window and another one. If all that come before in row-major order are
 * smaller than the window's maximum, this is the maximum just where the element at that corner is. So no element need be cut out, and
 * poolings, unlike cuts, are done where channels are kept in blocks.
 */
function maximumUpTo(
  b: MathBuilder,
  { inputs: [x], outputs: [y] }: RuleContext,
  { corner, factors }: { corner: readonly number[]; factors: readonly number[] },
): string {
  const pooled = b.emit('MaxPool', [x], { kernel_shape: attr.ints(corner), strides: attr.ints(factors) });
  return cropped(b, pooled, y);
}

function globalMaxPool(b: MathBuilder, { inputs: [x] }: RuleContext, dy: string): string {
  const [batch, channel] = [
    { of: x, axis: 0 },
    { of: x, axis: 1 },
  ];
  const flat = b.reshape(x, [batch, channel, -1]);
  const first = b.emit('ArgMax', [flat], { axis: attr.int(2), keepdims: attr.int(1) });
  const sent = b.emit('ScatterElements', [b.zeros(flat), first, b.reshape(dy, [batch, channel, 1])], {
    axis: attr.int(2),
  });
  return b.reshapeLike(sent, x);
}

/** The mean is linear: its adjoint spreads dy / n over each window. */
function averagePool(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x] = step.inputs;
  const window = windowsOf(step);
  const n = window.reduce((product, axis) => product * axis.kernel, 1);
  const tiles = tiling(b, step, window);
  if (tiles !== undefined) {
    const grown = repeatAxes(b, b.div(dy, n), tiles.factors);
    const padding = tiles.left.map(() => 0);
    return b.pad(grown, [0, 0, ...padding], [0, 0, ...tiles.left]);
  }
  if (selfAdjoint(step, window)) return b.emit('AveragePool', [dy], step.node.attributes);
  return transposedSum(b, { x, window, dy: b.mul(dy, weights(b, step, window)) });
}

/** Stride 1, odd windows, padded alike on both sides, the padding counted: windows over dy are the windows over x. */
function selfAdjoint(step: RuleContext, window: readonly KernelAxis[]): boolean {
  const counted = attributesOf(step.node, 'AveragePool').count_include_pad;
  return window.every(
    ({ stride, extent, before, after }) =>
      stride === 1 && before === after && 2 * before === extent - 1 && (counted || extent === 1),
  );
}

/**
 * What each window gives every element in it: 1 / n, n being as many as the node counts. Where it is not all of them, it is read off
 * the node's own answer to ones (elements inside / n), divided by the number of elements inside.
 */
function weights(b: MathBuilder, step: RuleContext, window: readonly KernelAxis[]): string | number {
  const [x] = step.inputs;
  const n = window.reduce((product, axis) => product * axis.kernel, 1);
  const plain =
    window.every((axis) => axis.before === 0 && axis.after === 0) &&
    !attributesOf(step.node, 'AveragePool').ceil_mode;
  if (plain) return 1 / n;
  const spatial = b.others(x, [0, 1]).map((axis) => ({ of: x, axis }));
  const ones = b.emit('Expand', [b.scalar(1, x), b.sizes([1, 1, ...spatial])]);
  const answer = b.emit('AveragePool', [ones], step.node.attributes);
  return b.div(answer, inside(b, { x: ones, answer, window }));
}

/** How many elements of the input each window holds: ones convolved with ones. */
function inside(b: MathBuilder, given: { x: string; answer: string; window: readonly KernelAxis[] }): string {
  const { x, answer, window } = given;
  const [input, output] = [b.dims(x).slice(2), b.dims(answer).slice(2)];
  const overhang = window.map(({ stride, extent, before, after }, i) => {
    const [size, windows] = [input[i], output[i]];
    const known = typeof size === 'number' && typeof windows === 'number';
    return known ? Math.max(after, (windows - 1) * stride + extent - before - size) : after + stride - 1;
  });
  const counts = b.emit('Conv', [x, onesKernel(b, x, window)], {
    strides: attr.ints(window.map((axis) => axis.stride)),
    dilations: attr.ints(window.map((axis) => axis.dilation)),
    pads: attr.ints([...window.map((axis) => axis.before), ...overhang]),
  });
  const exact = b.dims(counts).every((size, axis) => size === b.dims(answer)[axis]);
  return exact ? counts : cropLike(b, counts, answer);
}

const onesKernel = (b: MathBuilder, like: string, window: readonly KernelAxis[]): string =>
  b.emit('Expand', [b.scalar(1, like), b.ints([1, 1, ...window.map((axis) => axis.kernel)])]);

interface Spread {
  readonly x: string;
  readonly dy: string;
  readonly window: readonly KernelAxis[];
}

/** Each element of x gets the sum of dy over the windows it is in. Channels join the batch, so one kernel of ones serves all. */
function transposedSum(b: MathBuilder, { x, dy, window }: Spread): string {
  const spatial = (value: string) => b.others(value, [0, 1]).map((axis) => ({ of: value, axis }));
  const fit = transposedFit(window, b.dims(x).slice(2), b.dims(dy).slice(2));
  const joined = b.emit('ConvTranspose', [b.reshape(dy, [-1, 1, ...spatial(dy)]), onesKernel(b, x, window)], {
    strides: attr.ints(window.map((axis) => axis.stride)),
    dilations: attr.ints(window.map((axis) => axis.dilation)),
    pads: attr.ints(fit.pads),
    output_padding: attr.ints(fit.outputPadding),
  });
  const full = b.reshape(joined, [{ of: x, axis: 0 }, { of: x, axis: 1 }, ...spatial(joined)]);
  return fit.crop ? cropLike(b, full, x) : full;
}
