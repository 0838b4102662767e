import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import type { KernelAxis } from '../../infer/window.js';
import { attributesOf } from '../../ir/attributes.js';
import { listOf } from '../../ir/list-of.js';
import { cropIfLonger, cropLike } from './conv.js';
import { repeatAxes } from './resize.js';
import type { Rule, RuleContext } from './rule.js';
import { scatterAdd } from './scatter-add.js';
import { transposedPadding, windowOf } from './window.js';
import { assembleTiles, channelsFirst, channelsLast, depthToSpace, isSquare } from './window-tiles.js';

/** Backward rules of pools. Of tied maxima, the first in row-major order gets the cotangent. */
export const pooling = {
  AveragePool: (b, step, dy) => [averagePool(b, step, dy)],
  GlobalAveragePool: (b, { inputs: [x] }, dy) => [
    distributeMean(b, dy, { like: x, axes: b.others(x, [0, 1]) }),
  ],
  GlobalMaxPool: (b, step, dy) => [globalMaxPool(b, step, dy)],
  MaxPool: (b, step, dy) => [maxPool(b, step, dy)],
} satisfies Record<string, Rule>;

/** Greatest number of elements of a constant block of 1 / n. For larger blocks the graph expands dy / n. */
const LARGEST_BLOCK = 1 << 16;

/** Greatest number of window elements for which `tiledMax` is used. */
const LARGEST_TILE = 16;

/**
 * The adjoint of the mean over `axes`, which have size 1 in dy: dx = dy / n, repeated. A product with a block of 1 / n is faster than
 * Expand.
 */
export function distributeMean(
  b: MathBuilder,
  dy: string,
  to: { like: string; axes: readonly number[] },
): string {
  const { like, axes } = to;
  const sizes = axes.map((axis) => b.dims(like)[axis]);
  const known = sizes.every((size) => typeof size === 'number') ? sizes : undefined;
  const n = known?.reduce((product, size) => product * size, 1);
  if (n === undefined || known === undefined) return b.div(b.expand(dy, like), productOfSizes(b, like, axes));
  if (n > LARGEST_BLOCK || n === 0) return b.div(b.expand(dy, like), n);
  const block = b.dims(like).map((_, axis) => (axes.includes(axis) ? Number(b.dims(like)[axis]) : 1));
  return b.mul(dy, b.emit('Expand', [b.scalar(1 / n, like), b.ints(block)]));
}

/** Returns the product of the sizes of some axes, a scalar of x's dtype. */
function productOfSizes(b: MathBuilder, x: string, axes: readonly number[]): string {
  const sizes = b.cast(b.sizes(axes.map((axis) => ({ of: x, axis }))), b.dtype(x));
  return b.emit('ReduceProd', [sizes], { keepdims: attr.int(0) });
}

function windowAxes(step: RuleContext): readonly KernelAxis[] {
  return windowOf(step, attributesOf(step.node, 'AveragePool', 'MaxPool').kernel_shape);
}

/** Returns the window sizes, and the sizes that the windows leave over at the end, if the windows tile the input; otherwise undefined. */
function tiling(b: MathBuilder, step: RuleContext, window: readonly KernelAxis[]) {
  const [input, output] = [b.dims(step.inputs[0]).slice(2), b.dims(step.outputs[0]).slice(2)];
  const remainder = window.map((axis, i) => {
    const [size, windows] = [input[i], output[i]];
    const isTiled =
      axis.stride === axis.kernel && axis.dilation === 1 && axis.before === 0 && axis.after === 0;
    return isTiled && typeof size === 'number' && typeof windows === 'number'
      ? size - windows * axis.kernel
      : Number.NaN;
  });
  return remainder.every((size) => size >= 0)
    ? { factors: window.map((axis) => axis.kernel), remainder }
    : undefined;
}

function maxPool(b: MathBuilder, step: RuleContext, dy: string): string {
  const window = windowAxes(step);
  const tiles = tiling(b, step, window);
  const few = window.reduce((product, axis) => product * axis.kernel, 1) <= LARGEST_TILE;
  const known = few && typeof b.dims(step.inputs[0])[1] === 'number';
  return known && tiles ? tiledMax(b, step, { dy, ...tiles }) : scatteredMax(b, step, dy);
}

/** For windows that may overlap: adds the cotangent of every window at the index of its maximum. */
function scatteredMax(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x] = step.inputs;
  const [, indices] = b.emitMany('MaxPool', [x], 2, { ...step.node.attributes, storage_order: attr.int(0) });
  const flat = (value: string) => b.reshape(value, [-1]);
  const additions = { data: flat(b.zeros(x)), indices: flat(indices), updates: flat(dy), axis: 0 };
  return b.reshapeLike(scatterAdd(b, 'ScatterElements', additions), x);
}

interface Tiles {
  readonly dy: string;
  readonly factors: readonly number[];
  readonly remainder: readonly number[];
}

/**
 * For windows that tile the input: compares each element of the windows, in row-major order, with the maximum. The first that equals it
 * gets the cotangent, and nothing remains for those after it. The last element gets what remains, without a comparison.
 */
function tiledMax(b: MathBuilder, step: RuleContext, { dy, factors, remainder }: Tiles): string {
  const padding = remainder.map(() => 0);
  const partsBy = (placed: (x: string) => string) => tiledParts(b, step, { dy, factors, placed });
  if (isSquare(b, dy, factors)) {
    const whole = depthToSpace(
      b,
      partsBy((x) => x),
      factors[0],
    );
    return b.pad(whole, [0, 0, ...padding], [0, 0, ...remainder]);
  }
  const whole = assembleTiles(
    b,
    partsBy((x) => channelsLast(b, x)),
    factors,
  );
  return channelsFirst(b, b.pad(whole, [0, ...padding, 0], [0, ...remainder, 0]));
}

/** Returns what each element of the windows gets, in row-major order, in the layout that `placed` gives to values. */
function tiledParts(
  b: MathBuilder,
  step: RuleContext,
  { dy, factors, placed }: Pick<Tiles, 'dy' | 'factors'> & { placed(x: string): string },
): readonly string[] {
  const maximum = placed(step.outputs[0]);
  let rest = placed(dy);
  return corners(factors).map((corner) => {
    if (corner.every((size, i) => size === factors[i])) return rest;
    const largest = placed(prefixMax(b, step, { corner, factors }));
    const part = b.mul(rest, b.mask(b.compare('Equal', largest, maximum), dy));
    rest = b.sub(rest, part);
    return part;
  });
}

/** Returns, in row-major order, the size of the box from the first element of a window to each element, both included. */
const corners = (factors: readonly number[]): readonly (readonly number[])[] =>
  factors.reduce<readonly (readonly number[])[]>(
    (before, factor) => before.flatMap((sizes) => listOf(factor, (i) => [...sizes, i + 1])),
    [[]],
  );

/**
 * Returns the maximum over the box from the first element of every window to element `corner`. If all elements before `corner` in row-major
 * order are smaller than the window's maximum, the box has the window's maximum exactly if the element at `corner` has. A pool of the box
 * replaces a strided slice, because ONNX Runtime runs pools, but not slices, in its blocked channel layout.
 */
function prefixMax(
  b: MathBuilder,
  { inputs: [x], outputs: [y] }: RuleContext,
  { corner, factors }: { corner: readonly number[]; factors: readonly number[] },
): string {
  const pooled = b.emit('MaxPool', [x], { kernel_shape: attr.ints(corner), strides: attr.ints(factors) });
  return cropIfLonger(b, pooled, y);
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

/** The adjoint of the mean: each element of x gets the sum of dy / n over the windows that hold it. */
function averagePool(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x] = step.inputs;
  const window = windowAxes(step);
  const n = window.reduce((product, axis) => product * axis.kernel, 1);
  const tiles = tiling(b, step, window);
  if (tiles !== undefined) {
    const grown = repeatAxes(b, b.div(dy, n), tiles.factors);
    const padding = tiles.remainder.map(() => 0);
    return b.pad(grown, [0, 0, ...padding], [0, 0, ...tiles.remainder]);
  }
  const weights = windowWeights(b, step, window);
  const pads = slidingPads(window);
  if (pads === undefined) return transposedSum(b, { x, window, dy: b.mul(dy, weights) });
  const weighted = typeof weights === 'number' ? dy : b.mul(dy, b.mul(weights, n));
  const counted = { pads: attr.ints(pads), count_include_pad: attr.int(1), ceil_mode: attr.int(0) };
  return b.emit('AveragePool', [weighted], { ...step.node.attributes, ...counted });
}

/**
 * Returns the padding of the AveragePool that is the adjoint of one with a stride of 1: every element gets the mean of the windows around
 * it, the padding counted. Undefined for other strides, and where dilations need more padding than a pool may have.
 */
function slidingPads(window: readonly KernelAxis[]): readonly number[] | undefined {
  const pads = [
    ...window.map(({ extent, before }) => extent - 1 - before),
    ...window.map(({ extent, after }) => extent - 1 - after),
  ];
  const fits = pads.every((pad, i) => pad < window[i % window.length].kernel);
  return fits && window.every(({ stride }) => stride === 1) ? pads : undefined;
}

/**
 * Returns 1 / n for each window, with n the number of elements that its mean counts. If n varies, the node itself is applied to ones: the
 * result is m / n with m the number of input elements in the window, and is divided by m.
 */
function windowWeights(b: MathBuilder, step: RuleContext, window: readonly KernelAxis[]): string | number {
  const [x] = step.inputs;
  const n = window.reduce((product, axis) => product * axis.kernel, 1);
  const { ceil_mode, count_include_pad } = attributesOf(step.node, 'AveragePool');
  const whole = count_include_pad || window.every((axis) => axis.before === 0 && axis.after === 0);
  if (whole && !ceil_mode) return 1 / n;
  const spatial = b.others(x, [0, 1]).map((axis) => ({ of: x, axis }));
  const ones = b.emit('Expand', [b.scalar(1, x), b.sizes([1, 1, ...spatial])]);
  const counted = b.emit('AveragePool', [ones], step.node.attributes);
  return b.div(counted, elementsPerWindow(b, { x: ones, counted, window }));
}

/** Returns the number of input elements in each window, by a convolution of ones with ones. */
function elementsPerWindow(
  b: MathBuilder,
  given: { x: string; counted: string; window: readonly KernelAxis[] },
): string {
  const { x, counted, window } = given;
  const [input, output] = [b.dims(x).slice(2), b.dims(counted).slice(2)];
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
  const exact = b.dims(counts).every((size, axis) => size === b.dims(counted)[axis]);
  return exact ? counts : cropLike(b, counts, counted);
}

const onesKernel = (b: MathBuilder, like: string, window: readonly KernelAxis[]): string =>
  b.emit('Expand', [b.scalar(1, like), b.ints([1, 1, ...window.map((axis) => axis.kernel)])]);

interface WindowSum {
  readonly x: string;
  readonly dy: string;
  readonly window: readonly KernelAxis[];
}

/**
 * Returns for each element of x the sum of dy over the windows that hold it. Channels are merged into the batch, so that one kernel of ones
 * is enough.
 */
function transposedSum(b: MathBuilder, { x, dy, window }: WindowSum): string {
  const spatial = (value: string) => b.others(value, [0, 1]).map((axis) => ({ of: value, axis }));
  const fit = transposedPadding(window, b.dims(x).slice(2), b.dims(dy).slice(2));
  const joined = b.emit('ConvTranspose', [b.reshape(dy, [-1, 1, ...spatial(dy)]), onesKernel(b, x, window)], {
    strides: attr.ints(window.map((axis) => axis.stride)),
    dilations: attr.ints(window.map((axis) => axis.dilation)),
    pads: attr.ints(fit.pads),
    output_padding: attr.ints(fit.outputPadding),
  });
  const full = b.reshape(joined, [{ of: x, axis: 0 }, { of: x, axis: 1 }, ...spatial(joined)]);
  return fit.crop ? cropLike(b, full, x) : full;
}
