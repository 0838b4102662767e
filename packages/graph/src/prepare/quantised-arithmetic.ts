import { attr } from '../builder/builder.js';
import type { MathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import { integerRange } from '../ir/integers.js';
import type { Op } from '../ir/ops.js';
import type { Attributes, DataType, Node } from '../ir/types.js';
import { input } from '../rewrite/op-rewrite.js';

/** Values of integers as floats. */
export interface Integers {
  readonly c: MathBuilder;
  /** Whether floats already stand for a value. */
  hasFloats(name: string): boolean;
  /** The floats that stand for a value, or the value cast. */
  real(name: string, dtype?: DataType): string;
}

/** What comes in the place of a node: values for its outputs, or floats that stand for its integers; '' for neither. */
export interface Replacement {
  readonly values?: readonly string[];
  readonly floats?: readonly string[];
}

/** Less than half a step, so that rounding takes it back. */
const SLACK = 0.25;

type QuantisedRewrite = (node: Node, integers: Integers) => Replacement | undefined;

/** Scale and zero point of a quantised value; per index of `axis` where they are vectors. */
interface Grid {
  readonly scale: string;
  readonly zero: string;
  readonly axis?: number;
}

/** A vector along an axis of something of a rank; a single number as it is. */
function along(c: MathBuilder, vector: string, { axis, rank }: { axis: number; rank: number }): string {
  const dims = c.dims(vector);
  if (dims.length === 0 || dims[0] === 1 || rank === 0) return vector;
  return c.reshape(vector, [-1, ...new Array<number>(rank - 1 - ((axis + rank) % rank)).fill(1)]);
}

/** (q - zero point) scale. */
function dequantised(q: string, { scale, zero, axis = 1 }: Grid, { c, real }: Integers): string {
  const x = real(q, c.dtype(scale));
  const at = { axis, rank: c.rank(x) };
  const centred = zero === '' ? x : c.sub(x, along(c, real(zero, c.dtype(scale)), at));
  return c.mul(centred, along(c, scale, at));
}

/**
 * clip(round(x / scale) + zero point) to the range of the type. Its ends are inside of it for a derivative too: what is clipped is whole,
 * so that it is clipped a quarter of a step further out and rounded again.
 */
function quantised(x: string, grid: Grid & { readonly to: DataType }, { c, real }: Integers): string {
  const { scale, zero, axis = 1, to } = grid;
  const at = { axis, rank: c.rank(x) };
  const rounded = c.map('Round', c.div(x, along(c, scale, at)));
  const shifted = zero === '' ? rounded : c.add(rounded, along(c, real(zero, c.dtype(x)), at));
  const [low, high] = integerRange(to) ?? [0, 255];
  const held = c.emit('Clip', [shifted, c.scalar(low - SLACK, shifted), c.scalar(high + SLACK, shifted)]);
  return c.map('Round', held);
}

/** Inputs from `at`: a scale and a zero point. */
const gridAt = (node: Node, at: number, axis = 1): Grid => ({
  scale: input(node, at),
  zero: input(node, at + 1),
  axis,
});

/** Where a quantised value stands among a node's inputs: it, its scale and its zero point, from `at`. */
interface ValueAt {
  readonly at: number;
  /** The axis along which scale and zero point may vary; default 1. */
  readonly axis?: number;
}

/** Returns the floats of a quantised input of a node. */
const valueAt = (node: Node, { at, axis }: ValueAt, integers: Integers): string =>
  dequantised(input(node, at), gridAt(node, at + 1, axis), integers);

/** Quantises the float result y by the scale and the zero point at `at`; the zero point gives the type. */
function onGrid(
  node: Node,
  { y, at }: { readonly y: string; readonly at: number },
  integers: Integers,
): Replacement {
  const grid = gridAt(node, at);
  const to = grid.zero === '' ? 'uint8' : integers.c.dtype(grid.zero);
  return { floats: [quantised(y, { ...grid, to }, integers)] };
}

const isBlocked = (node: Node): boolean => attributesOf(node).int('block_size', 0) !== 0;

const without = (attributes: Attributes, names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));

/** An operator of one quantised value: X, its grid, then that of Y. */
const pointwise =
  (op: Op, own: readonly string[] = []): QuantisedRewrite =>
  (node, integers) => {
    const x = valueAt(node, { at: 0 }, integers);
    const y = integers.c.emit(op, [x], without(node.attributes, ['opset', 'channels_last', ...own]));
    return attributesOf(node).int('channels_last', 0) === 0
      ? onGrid(node, { y, at: 3 }, integers)
      : undefined;
  };

const binary =
  (op: Op): QuantisedRewrite =>
  (node, integers) => {
    const y = integers.c.emit(op, [valueAt(node, { at: 0 }, integers), valueAt(node, { at: 3 }, integers)]);
    return onGrid(node, { y, at: 6 }, integers);
  };

/** A value minus its zero point, which may be a vector along an axis. */
function centred(
  name: string,
  { zero, axis }: { readonly zero: string; readonly axis: number },
  { c, real }: Integers,
): string {
  const x = real(name);
  return zero === '' ? x : c.sub(x, along(c, real(zero), { axis, rank: c.rank(x) }));
}

/** Scale and zero point as the standard defines them: the range with 0 in it, in 255 steps. */
function dynamicGrid(x: string, { c }: Integers): Grid {
  const all = c.others(x, []);
  const extreme = (op: 'Max' | 'Min') =>
    c.emit(op, [c.emit(`Reduce${op}`, [x, c.ints(all)], { keepdims: attr.int(0) }), c.scalar(0, x)]);
  const low = extreme('Min');
  const scale = c.div(c.sub(extreme('Max'), low), 255);
  const steps = c.emit('Clip', [c.neg(c.div(low, scale)), c.scalar(0, x), c.scalar(255, x)]);
  return { scale, zero: c.map('Round', steps) };
}

/** A (float) on its own grid times B, float again: com.microsoft's fusion of three nodes. */
const dynamicMatMul: QuantisedRewrite = (node, integers) => {
  const { c } = integers;
  const [x, w, scale, zero, bias] = [0, 1, 2, 3, 4].map((i) => input(node, i));
  const grid = dynamicGrid(x, integers);
  const q = quantised(x, { ...grid, to: 'uint8' }, integers);
  const y = c.matmul(
    c.mul(c.sub(q, grid.zero), grid.scale),
    dequantised(w, { scale, zero, axis: -1 }, integers),
  );
  return { values: [bias === '' ? y : c.add(y, bias)] };
};

/** How operators on quantised values are computed with floats. */
export const quantisedArithmetic: Readonly<Record<string, QuantisedRewrite>> = {
  QuantizeLinear: (node, integers) => {
    const { c } = integers;
    const [x, zero] = [input(node, 0), input(node, 2)];
    const named = c.typeOf(node.outputs[0])?.dtype;
    if (isBlocked(node)) return undefined;
    const to = zero === '' ? (named ?? 'uint8') : c.dtype(zero);
    return {
      floats: [quantised(x, { ...gridAt(node, 1, attributesOf(node).int('axis', 1)), to }, integers)],
    };
  },
  DequantizeLinear: (node, integers) => {
    if (!integers.hasFloats(input(node, 0)) || isBlocked(node)) return undefined;
    return { values: [valueAt(node, { at: 0, axis: attributesOf(node).int('axis', 1) }, integers)] };
  },
  DynamicQuantizeLinear: (node, integers) => {
    const grid = dynamicGrid(input(node, 0), integers);
    const q = quantised(input(node, 0), { ...grid, to: 'uint8' }, integers);
    return { values: ['', grid.scale, ''], floats: [q, '', grid.zero] };
  },
  MatMulInteger: (node, integers) => {
    const a = centred(input(node, 0), { zero: input(node, 2), axis: -2 }, integers);
    return {
      floats: [integers.c.matmul(a, centred(input(node, 1), { zero: input(node, 3), axis: -1 }, integers))],
    };
  },
  ConvInteger: (node, integers) => {
    const x = centred(input(node, 0), { zero: input(node, 2), axis: 1 }, integers);
    const w = centred(input(node, 1), { zero: input(node, 3), axis: 0 }, integers);
    return { floats: [integers.c.emit('Conv', [x, w], node.attributes)] };
  },
  QLinearMatMul: (node, integers) => {
    const a = valueAt(node, { at: 0, axis: -2 }, integers);
    const y = integers.c.matmul(a, valueAt(node, { at: 3, axis: -1 }, integers));
    return onGrid(node, { y, at: 6 }, integers);
  },
  QLinearConv: (node, integers) => {
    const { c } = integers;
    const inputs = [valueAt(node, { at: 0 }, integers), valueAt(node, { at: 3, axis: 0 }, integers)];
    const bias = input(node, 8);
    const step = c.mul(input(node, 1), input(node, 4));
    if (bias !== '') inputs.push(c.mul(c.cast(bias, c.dtype(step)), step));
    return onGrid(node, { y: c.emit('Conv', inputs, node.attributes), at: 6 }, integers);
  },
  // Operators of com.microsoft.
  QLinearAdd: binary('Add'),
  QLinearMul: binary('Mul'),
  QLinearSigmoid: pointwise('Sigmoid'),
  QLinearLeakyRelu: pointwise('LeakyRelu'),
  QLinearSoftmax: pointwise('Softmax'),
  QLinearAveragePool: pointwise('AveragePool'),
  QLinearGlobalAveragePool: pointwise('GlobalAveragePool'),
  QLinearConcat: (node, integers) => {
    const parts = Array.from({ length: (node.inputs.length - 2) / 3 }, (_, i) =>
      valueAt(node, { at: 2 + 3 * i }, integers),
    );
    return onGrid(node, { y: integers.c.concat(parts, attributesOf(node).int('axis', 0)), at: 0 }, integers);
  },
  QGemm: (node, integers) => {
    const { c } = integers;
    const a = attributesOf(node);
    const inputs = [
      valueAt(node, { at: 0 }, integers),
      valueAt(node, { at: 3, axis: a.int('transB', 0) === 1 ? 0 : 1 }, integers),
    ];
    const step = c.mul(c.mul(input(node, 1), input(node, 4)), a.float('alpha', 1));
    if (input(node, 6) !== '') inputs.push(c.mul(c.cast(input(node, 6), c.dtype(step)), step));
    const y = c.emit('Gemm', inputs, node.attributes);
    return input(node, 7) === '' ? { values: [y] } : onGrid(node, { y, at: 7 }, integers);
  },
  DynamicQuantizeMatMul: dynamicMatMul,
  MatMulIntegerToFloat: (node, integers) => {
    const [scaleA, scaleB, zeroA, zeroB, bias] = [2, 3, 4, 5, 6].map((i) => input(node, i));
    const a = dequantised(input(node, 0), { scale: scaleA, zero: zeroA, axis: -2 }, integers);
    const b = dequantised(input(node, 1), { scale: scaleB, zero: zeroB, axis: -1 }, integers);
    const y = integers.c.matmul(a, b);
    return { values: [bias === '' ? y : integers.c.add(y, bias)] };
  },
};
