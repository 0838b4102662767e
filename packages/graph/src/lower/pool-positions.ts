import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import { productOf } from '../infer/dim.js';
import { type KernelAxis, kernelAxes } from '../infer/window.js';
import { attributesOf } from '../ir/attributes.js';
import { numbersOf } from '../ir/constant.js';
import type { Constant, Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { rewriteOps } from '../rewrite/rewrite.js';

/**
 * The gradient of a pool of 3 x 3 windows with a stride of 2, which adds the cotangents at the indices that the pool gives: the indices are
 * computed by convolutions of one channel a group and by pools without indices, all of which ONNX Runtime has in its blocked layout. A pool
 * with indices is not among those, and takes several times as long.
 * Without this pass such a pool takes 1.5 times as long (`tsx bench/spellings.ts --only "MaxPool 3x3"`).
 *
 * Done only for float32 after a convolution whose channels fill blocks, with padding of 1 before and even sizes. Of tied maxima the first
 * in row-major order is found, as before. Numbers that differ by less than 3.3e-39 may count as tied, and next to a number that is not
 * finite any element of the image may be found.
 */
export function poolPositions(graph: Graph): Graph {
  const rewritten = rewriteOps(graph, { ScatterElements: byPositions });
  return rewritten === graph ? graph : prune(rewritten);
}

/** Channels that ONNX Runtime keeps together. */
const LANES = 16;

/** Indices up to this are exact in float32. */
const LARGEST_INDEX = 2 ** 24;

function byPositions(node: Node, given: GraphBuilder): readonly string[] | undefined {
  const b = mathBuilder(given);
  const found = scattered(given, node);
  if (found === undefined || !isBlocked(given, found)) return undefined;
  const { x, y, dy } = found;
  const [, channels, ...sizes] = b.dims(x).map(Number);
  const inPlanes = (value: string) => b.reshape(value, [-1, product(b.dims(y).slice(2).map(Number))]);
  const planes = b.emit('Mul', [b.sizes([{ of: dy, axis: 0 }]), b.ints([channels])]);
  const zeros = b.emit('Expand', [b.scalar(0, dy), b.concat([planes, b.ints([product(sizes)])], 0)]);
  const at = inPlanes(positions(b, { x, y, channels, sizes }));
  const added = { axis: attr.int(1), reduction: attr.string('add') };
  const sums = b.emit('ScatterElements', [zeros, at, inPlanes(dy)], added);
  return [b.reshape(sums, [-1])];
}

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** A pool, its output and the cotangent of that. */
interface Scattered {
  readonly pool: Node;
  readonly x: string;
  readonly y: string;
  readonly dy: string;
}

/** The pool at whose indices a node adds a cotangent to zeros, all flattened. */
function scattered(b: GraphBuilder, node: Node): Scattered | undefined {
  const { axis, reduction } = attributesOf(node, 'ScatterElements');
  const [zeros, ...added] = node.inputs;
  const [indices, dy] = added.map((name) => flattened(b, name));
  if (axis !== 0 || reduction !== 'add' || indices === undefined || dy === undefined) return undefined;
  const pool = b.makerOf(indices);
  if (pool?.op !== 'MaxPool' || pool.outputs[1] !== indices || !isZeros(b, zeros)) return undefined;
  const [x] = pool.inputs;
  const isForEach = b.dims(indices).every((size, i) => size === b.dims(dy)[i]);
  const isLikeInput = b.dims(zeros)[0] === productOf(b.dims(x));
  return isForEach && isLikeInput ? { pool, x, y: maximumOf(b, pool), dy } : undefined;
}

/** What a node makes one axis of. */
function flattened(b: GraphBuilder, name: string): string | undefined {
  const maker = b.makerOf(name);
  return maker?.op === 'Reshape' && b.rank(name) === 1 ? maker.inputs[0] : undefined;
}

/** Whether a value is a constant of zeros, or the constant 0 expanded and flattened. */
function isZeros(b: GraphBuilder, name: string): boolean {
  const expanded = b.makerOf(flattened(b, name) ?? '');
  const zero = b.constantOf(expanded?.op === 'Expand' ? expanded.inputs[0] : name);
  return zero !== undefined && numbersOf(zero).every((each) => each === 0);
}

/** The values of a pool that gives indices, by a pool of its own. */
const maximumOf = (b: GraphBuilder, { inputs: [x], attributes }: Node): string =>
  b.emit('MaxPool', [x], { ...attributes, storage_order: undefined });

function isBlocked(b: GraphBuilder, { pool, x, y }: Scattered): boolean {
  const { domain, op, inputs } = b.makerOf(x) ?? {};
  const [, channels, ...sizes] = b.dims(x);
  const given = attributesOf(pool, 'MaxPool');
  const axes = kernelAxes(given.kernel_shape, given);
  const isConvolved = domain === '' && op === 'Conv' && b.constantOf(inputs?.[1] ?? '') !== undefined;
  const isFilled = typeof channels === 'number' && channels % LANES === 0 && b.dtype(x) === 'float32';
  const isPlain = ({ kernel, stride, dilation, before }: KernelAxis) =>
    kernel === 3 && stride === 2 && dilation === 1 && before === 1;
  const isHalved = sizes.every((size, i) => typeof size === 'number' && b.dims(y)[i + 2] === size / 2);
  return (
    isConvolved &&
    isFilled &&
    axes.length === 2 &&
    axes.every(isPlain) &&
    isHalved &&
    product(sizes.map(Number)) < LARGEST_INDEX
  );
}

interface Pooled {
  readonly x: string;
  readonly y: string;
  readonly channels: number;
  /** Of x. */
  readonly sizes: readonly number[];
}

/**
 * The index of the first maximum of each window in its channel, int32 [N, C, h, w]. Its row is the first of the window's rows that has the
 * maximum, its column the first in that row.
 */
function positions(b: MathBuilder, { x, y, channels, sizes: [height, width] }: Pooled): string {
  const on = axisOperators(b, channels);
  const inRows = b.emit('MaxPool', [x], {
    kernel_shape: attr.ints([1, 3]),
    strides: attr.ints([1, 2]),
    pads: attr.ints([0, 1, 0, 1]),
  });
  const column = on(1).place(x, inRows).halves;
  const { first, second, halves } = on(0).place(inRows, y);
  const columnOf = (taps: readonly number[]) => on(0).sum(column, { taps, stride: 2, before: 1, after: 1 });
  const later = b.add(columnOf([0, 0, 1]), b.mul(second, columnOf([0, 1, -1])));
  const here = b.add(later, b.mul(first, b.add(columnOf([1, 0, 0]), on(0).sum(later, { taps: [-1] }))));
  const before = b.add(on(0).sum(halves, { taps: [2 * width] }), on(0).sum(here, { taps: [2] }));
  const found = b.cast(b.sub(lastOfWindows(b, height / 2, width), before), 'int32');
  // NaN becomes an integer outside of the image, at which ScatterElements would fail for all rows of the run.
  return b.emit('Clip', [found, b.scalar(0, found), b.scalar(height * width - 1, found)]);
}

/** The index of the last element of each window, [1, 1, h, w]. */
function lastOfWindows(b: MathBuilder, rows: number, width: number): string {
  const columns = width / 2;
  const data = Float32Array.from({ length: rows * columns }, (_, at) => {
    return (2 * Math.floor(at / columns) + 1) * width + 2 * (at % columns) + 1;
  });
  return b.constant({ dtype: 'float32', dims: [1, 1, rows, columns], data }, 'last');
}

interface WeightedSum {
  readonly taps: readonly number[];
  readonly stride?: number;
  readonly before?: number;
  readonly after?: number;
}

/** The slope of a step from 0 to 1 below a number. */
const STEEP = 3e38;

/** Operators along one spatial axis, each a convolution of one channel a group. */
const axisOperators = (b: MathBuilder, channels: number) => (axis: number) => {
  const along = (size: number, other: number) => (axis === 0 ? [size, other] : [other, size]);
  const sum = (x: string, { taps, stride = 1, before = 0, after = 0 }: WeightedSum): string => {
    const data = Float32Array.from({ length: channels * taps.length }, (_, i) => taps[i % taps.length]);
    const kernel: Constant = { dtype: 'float32', dims: [channels, 1, ...along(taps.length, 1)], data };
    return b.emit('Conv', [x, b.constant(kernel, 'taps')], {
      kernel_shape: attr.ints(along(taps.length, 1)),
      strides: attr.ints(along(stride, 1)),
      pads: attr.ints([...along(before, 0), ...along(after, 0)]),
      group: attr.int(channels),
    });
  };
  /** 1 where the difference is 0, 0 where it is less. */
  const isZero = (difference: string): string =>
    b.emit('HardSigmoid', [difference], { alpha: attr.float(STEEP), beta: attr.float(1) });
  /**
   * Which of the elements 2 i - 1, 2 i and 2 i + 1 of x are the greatest: `first` and `second` are 0 or 1, and `halves` half the number of
   * elements after the first that is. The first element of the window after is compared, and moved by one window, because the first window
   * begins in the padding.
   */
  const place = (x: string, greatest: string) => {
    const next = isZero(
      b.add(sum(x, { taps: [0, 1], stride: 2 }), sum(greatest, { taps: [0, -1], after: 1 })),
    );
    const second = isZero(b.add(sum(x, { taps: [1], stride: 2 }), sum(greatest, { taps: [-1] })));
    const first = sum(next, { taps: [1, 0], before: 1 });
    const twice = b.add(sum(next, { taps: [2, 0], before: 1 }), second);
    const halves = b.emit('HardSigmoid', [twice], { alpha: attr.float(0.5), beta: attr.float(0) });
    return { first, second, halves };
  };
  return { sum, place };
};
