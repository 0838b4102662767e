import { attr } from '../builder/builder.js';
import type { MathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import { integerRange } from '../ir/integers.js';
import type { Op } from '../ir/ops.js';
import type { Attributes, DataType, Node } from '../ir/types.js';
import { input } from '../rewrite/op-rewrite.js';

/** The floats that hold the integers of quantised values. */
export interface Integers {
  readonly c: MathBuilder;
  /** Whether a value is held by floats. */
  hasFloats(name: string): boolean;
  /** Returns the floats that hold a value, or emits a Cast of the value. */
  real(name: string, dtype?: DataType): string;
}

/** The replacement of a node, by output: `values` replace outputs, `floats` hold the integers of outputs that stay; '' for neither. */
export interface Replacement {
  readonly values?: readonly string[];
  readonly floats?: readonly string[];
}

/** Margin of the clip in quantisation steps: less than half a step, so that rounding removes it. */
const SLACK = 0.25;

type QuantisedRewrite = (node: Node, integers: Integers) => Replacement | undefined;

/** Scale and zero point of a quantised value; per index of `axis` where they are vectors. */
interface QuantisationGrid {
  readonly scale: string;
  readonly zero: string;
  readonly axis?: number;
}

/** Reshapes a vector to broadcast along an axis of a value of the given rank; returns a single number as it is. */
function along(c: MathBuilder, vector: string, { axis, rank }: { axis: number; rank: number }): string {
  const dims = c.dims(vector);
  if (dims.length === 0 || dims[0] === 1 || rank === 0) return vector;
  return c.reshape(vector, [-1, ...new Array<number>(rank - 1 - ((axis + rank) % rank)).fill(1)]);
}

/** Emits (q - zero point) * scale. */
function dequantised(q: string, { scale, zero, axis = 1 }: QuantisationGrid, { c, real }: Integers): string {
  const x = real(q, c.dtype(scale));
  const at = { axis, rank: c.rank(x) };
  const centred = zero === '' ? x : c.sub(x, along(c, real(zero, c.dtype(scale)), at));
  return c.mul(centred, along(c, scale, at));
}

/**
 * Emits clip(round(x / scale) + zero point) to the range of the type. The clip is a quarter of a step wider than the range and is rounded
 * again. Thus the values are exact, and the derivative of the clip at the ends of the range is that of the inside.
 */
function quantised(
  x: string,
  grid: QuantisationGrid & { readonly to: DataType },
  { c, real }: Integers,
): string {
  const { scale, zero, axis = 1, to } = grid;
  const at = { axis, rank: c.rank(x) };
  const rounded = c.map('Round', c.div(x, along(c, scale, at)));
  const shifted = zero === '' ? rounded : c.add(rounded, along(c, real(zero, c.dtype(x)), at));
  const [low, high] = integerRange(to) ?? [0, 255];
  const clipped = c.emit('Clip', [shifted, c.scalar(low - SLACK, shifted), c.scalar(high + SLACK, shifted)]);
  return c.map('Round', clipped);
}

/** Reads scale and zero point from the inputs `at` and `at` + 1. */
const gridAt = (node: Node, at: number, axis = 1): QuantisationGrid => ({
  scale: input(node, at),
  zero: input(node, at + 1),
  axis,
});

/** Position of a quantised value among the inputs of a node: the value, its scale and its zero point are three inputs from `at` on. */
interface ValueAt {
  readonly at: number;
  /** The axis along which scale and zero point may vary; default 1. */
  readonly axis?: number;
}

/** Returns the dequantised input of a node. */
const valueAt = (node: Node, { at, axis }: ValueAt, integers: Integers): string =>
  dequantised(input(node, at), gridAt(node, at + 1, axis), integers);

/** Quantises the float result y by the scale and the zero point at `at`. The zero point gives the type. */
function quantiseResult(
  node: Node,
  { y, at }: { readonly y: string; readonly at: number },
  integers: Integers,
): Replacement {
  const grid = gridAt(node, at);
  const to = grid.zero === '' ? 'uint8' : integers.c.dtype(grid.zero);
  return { floats: [quantised(y, { ...grid, to }, integers)] };
}

const gridAttributes = (node: Node) => attributesOf(node, 'DequantizeLinear', 'QuantizeLinear');

const without = (attributes: Attributes, names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));

/** An operator on one quantised value. Its inputs are x with scale and zero point, then scale and zero point of y. */
const unary =
  (op: Op): QuantisedRewrite =>
  (node, integers) => {
    const x = valueAt(node, { at: 0 }, integers);
    const y = integers.c.emit(op, [x], without(node.attributes, ['opset', 'channels_last']));
    return quantiseResult(node, { y, at: 3 }, integers);
  };

/** A pool of a quantised value; undefined where the channels are the last axis. */
const pool =
  (op: Op): QuantisedRewrite =>
  (node, integers) =>
    attributesOf(node, 'com.microsoft:QLinearAveragePool').channels_last === 0
      ? unary(op)(node, integers)
      : undefined;

/** An operator on two quantised values, each with scale and zero point, then scale and zero point of y. */
const binary =
  (op: Op): QuantisedRewrite =>
  (node, integers) => {
    const y = integers.c.emit(op, [valueAt(node, { at: 0 }, integers), valueAt(node, { at: 3 }, integers)]);
    return quantiseResult(node, { y, at: 6 }, integers);
  };

/** Emits a value minus its zero point, which may be a vector along an axis. */
function centred(
  name: string,
  { zero, axis }: { readonly zero: string; readonly axis: number },
  { c, real }: Integers,
): string {
  const x = real(name);
  return zero === '' ? x : c.sub(x, along(c, real(zero), { axis, rank: c.rank(x) }));
}

/** Emits scale and zero point as DynamicQuantizeLinear defines them: the range of x and 0 divided into 255 steps. */
function dynamicGrid(x: string, { c }: Integers): QuantisationGrid {
  const all = c.others(x, []);
  const extreme = (op: 'Max' | 'Min') =>
    c.emit(op, [c.emit(`Reduce${op}`, [x, c.ints(all)], { keepdims: attr.int(0) }), c.scalar(0, x)]);
  const low = extreme('Min');
  const scale = c.div(c.sub(extreme('Max'), low), 255);
  const steps = c.emit('Clip', [c.neg(c.div(low, scale)), c.scalar(0, x), c.scalar(255, x)]);
  return { scale, zero: c.map('Round', steps) };
}

/** DynamicQuantizeMatMul of com.microsoft: quantises A dynamically, multiplies by the quantised B, and dequantises. */
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

/** Rewrites of operators on quantised values to arithmetic on floats, by "Op" in the standard domain and "domain:Op" in others. */
export const quantisedArithmetic: Readonly<Record<string, QuantisedRewrite>> = {
  QuantizeLinear: (node, integers) => {
    const { c } = integers;
    const [x, zero] = [input(node, 0), input(node, 2)];
    const named = c.typeOf(node.outputs[0])?.dtype;
    const { axis, block_size: block } = gridAttributes(node);
    if (block !== 0) return undefined;
    const to = zero === '' ? (named ?? 'uint8') : c.dtype(zero);
    return {
      floats: [quantised(x, { ...gridAt(node, 1, axis), to }, integers)],
    };
  },
  DequantizeLinear: (node, integers) => {
    const { axis, block_size: block } = gridAttributes(node);
    if (!integers.hasFloats(input(node, 0)) || block !== 0) return undefined;
    return { values: [valueAt(node, { at: 0, axis }, integers)] };
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
    return quantiseResult(node, { y, at: 6 }, integers);
  },
  QLinearConv: (node, integers) => {
    const { c } = integers;
    const inputs = [valueAt(node, { at: 0 }, integers), valueAt(node, { at: 3, axis: 0 }, integers)];
    const bias = input(node, 8);
    const step = c.mul(input(node, 1), input(node, 4));
    if (bias !== '') inputs.push(c.mul(c.cast(bias, c.dtype(step)), step));
    return quantiseResult(node, { y: c.emit('Conv', inputs, node.attributes), at: 6 }, integers);
  },
  'com.microsoft:QLinearAdd': binary('Add'),
  'com.microsoft:QLinearMul': binary('Mul'),
  'com.microsoft:QLinearSigmoid': unary('Sigmoid'),
  'com.microsoft:QLinearLeakyRelu': unary('LeakyRelu'),
  'com.microsoft:QLinearSoftmax': unary('Softmax'),
  'com.microsoft:QLinearAveragePool': pool('AveragePool'),
  'com.microsoft:QLinearGlobalAveragePool': pool('GlobalAveragePool'),
  'com.microsoft:QLinearConcat': (node, integers) => {
    const parts = Array.from({ length: (node.inputs.length - 2) / 3 }, (_, i) =>
      valueAt(node, { at: 2 + 3 * i }, integers),
    );
    const { axis } = attributesOf(node, 'com.microsoft:QLinearConcat');
    return quantiseResult(node, { y: integers.c.concat(parts, axis), at: 0 }, integers);
  },
  'com.microsoft:QGemm': (node, integers) => {
    const { c } = integers;
    const { alpha, transB } = attributesOf(node, 'com.microsoft:QGemm');
    const inputs = [
      valueAt(node, { at: 0 }, integers),
      valueAt(node, { at: 3, axis: transB === 0 ? 1 : 0 }, integers),
    ];
    const step = c.mul(c.mul(input(node, 1), input(node, 4)), alpha);
    if (input(node, 6) !== '') inputs.push(c.mul(c.cast(input(node, 6), c.dtype(step)), step));
    const y = c.emit('Gemm', inputs, node.attributes);
    return input(node, 7) === '' ? { values: [y] } : quantiseResult(node, { y, at: 7 }, integers);
  },
  'com.microsoft:DynamicQuantizeMatMul': dynamicMatMul,
  'com.microsoft:MatMulIntegerToFloat': (node, integers) => {
    const [scaleA, scaleB, zeroA, zeroB, bias] = [2, 3, 4, 5, 6].map((i) => input(node, i));
    const a = dequantised(input(node, 0), { scale: scaleA, zero: zeroA, axis: -2 }, integers);
    const b = dequantised(input(node, 1), { scale: scaleB, zero: zeroB, axis: -1 }, integers);
    const y = integers.c.matmul(a, b);
    return { values: [bias === '' ? y : integers.c.add(y, bias)] };
  },
};
